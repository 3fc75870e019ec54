-- SPDX-License-Identifier: MIT
-- what: asks for a billion retries at once
-- expect: failed script.error "retry"
local http = require "http"
return trigger {
  run = function()
    http.get("http://127.0.0.1:1/", { retry = { times = 1000000000, first = "0ms" } }) -- HERE
  end,
}
