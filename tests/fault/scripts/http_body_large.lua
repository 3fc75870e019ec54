-- SPDX-License-Identifier: MIT
-- what: sends more than a step may
-- expect: failed limit.output "more than 1048576 bytes of JSON"
local http = require "http"
return trigger {
  run = function()
    pcall(http.post, "http://127.0.0.1:1/", { body = ("x"):rep(2000000) }) -- HERE
    return "not reached"
  end,
}
