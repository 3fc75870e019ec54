-- SPDX-License-Identifier: MIT
-- what: addresses that are no web addresses
-- expect: completed {"refused":9}
local http = require "http"
return trigger {
  run = function()
    local refused = 0
    for _, url in ipairs {
      "file:///etc/passwd", "gopher://x/", "unix:/run/x", "", "http:", "//x", "javascript:1", "http:/\\x", "ftp://127.0.0.1/",
    } do
      if not pcall(http.get, url) then refused = refused + 1 end
    end
    return { refused = refused }
  end,
}
