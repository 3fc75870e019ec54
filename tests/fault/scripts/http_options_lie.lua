-- SPDX-License-Identifier: MIT
-- what: options and headers that lie by their metatables
-- expect: completed {"code":"refused"}
local http = require "http"
return trigger {
  limits = { cpu = "500ms" },
  run = function()
    local lie = setmetatable({}, {
      __index = function(_, name) return name == "retry" and 1000000 or nil end,
      __pairs = function() return function() return nil end end,
      __len = function() return math.maxinteger end,
    })
    local _, err = pcall(http.get, "http://127.0.0.1:1/", { headers = lie, query = lie })
    return { code = err.code }
  end,
}
