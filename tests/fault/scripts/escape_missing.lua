-- SPDX-License-Identifier: MIT
-- what: looks for everything that leads out of the sandbox
-- expect: completed {"found":[]}
local json = require "json"
return trigger {
  run = function()
    local found = json.array()
    for _, name in ipairs {
      "io", "debug", "package", "dofile", "loadfile", "collectgarbage", "warn", "module", "ffi", "jit", "arg", "host", "probe",
    } do
      if _G[name] ~= nil then found[#found + 1] = name end
    end
    for _, name in ipairs { "execute", "exit", "getenv", "remove", "rename", "setlocale", "tmpname" } do
      if os[name] ~= nil then found[#found + 1] = "os." .. name end
    end
    if string.dump then found[#found + 1] = "string.dump" end
    return { found = found }
  end,
}
