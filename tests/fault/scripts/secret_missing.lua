-- SPDX-License-Identifier: MIT
-- what: sends one that is not there
-- expect: failed secret.missing "there is no secret KEY"
local http = require "http"
return trigger {
  run = function() http.get("http://127.0.0.1:1/", { headers = { a = "x" .. secret "KEY" } }) end,
}
