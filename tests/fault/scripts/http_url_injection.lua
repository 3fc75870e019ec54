-- SPDX-License-Identifier: MIT
-- what: blanks and line breaks in an address, with the library's checks turned off
-- expect: failed protocol ": URL "
local http = require "http"
return trigger {
  run = function()
    local find = string.find
    string.find = function(s, pattern, ...) -- luacheck: ignore
      if pattern == "[%c ]" then return nil end
      return find(s, pattern, ...)
    end
    http.get "http://127.0.0.1:1/ HTTP/1.1\r\nx: y"
  end,
}
