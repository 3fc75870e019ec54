-- SPDX-License-Identifier: MIT
-- what: turns the library's checks off, and sends a header with a line break
-- expect: failed script.step "a line break, colon or space is not allowed there"
local http = require "http"
return trigger {
  run = function()
    local find = string.find
    string.find = function(s, pattern, ...) -- luacheck: ignore
      if pattern == "[\r\n]" then return nil end
      return find(s, pattern, ...)
    end
    http.get("http://127.0.0.1:1/", { headers = { a = "x\r\nHost: metadata\r\n\r\nGET /secret" } })
  end,
}
