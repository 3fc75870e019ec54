-- SPDX-License-Identifier: MIT
-- what: a method that is a request of its own
-- expect: failed script.error "method"
local http = require "http"
return trigger {
  run = function() http.request { method = "GET / HTTP/1.1\r\nx: y\r\n\r\nPOST", url = "http://127.0.0.1:1/" } end,
}
