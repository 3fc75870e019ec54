-- SPDX-License-Identifier: MIT
-- what: every way to write the machine's own addresses and the cloud's metadata
-- expect: completed {"codes":["refused"],"tried":13}
local http = require "http"
return trigger {
  run = function()
    local codes, seen, tried = {}, {}, 0
    for _, host in ipairs {
      "127.0.0.1:1", "127.1:1", "2130706433:1", "0x7f000001:1", "0177.0.0.1:1", "[::1]:1", "[::ffff:127.0.0.1]:1", "[::]:1", "0.0.0.0:1",
      "169.254.169.254", "[fe80::1]:1", "10.0.0.1:1", "user:pw@127.0.0.1:1",
    } do
      tried = tried + 1
      local ok, err = pcall(http.get, "http://" .. host .. "/", { timeout = "1s" })
      local code = ok and "answered" or type(err) == "table" and err.code or tostring(err)
      if not seen[code] then
        seen[code] = true
        codes[#codes + 1] = code
      end
    end
    return { codes = codes, tried = tried }
  end,
}
