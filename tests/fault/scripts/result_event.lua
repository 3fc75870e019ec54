-- SPDX-License-Identifier: MIT
-- what: gives its event back, with what stands in front of it
-- expect: completed {"body":{"n":1},"kind":"string"}
-- body: {"n":1}
local json = require "json"
return trigger {
  run = function(event)
    local copy = json.decode(json.encode(event))
    return { body = copy.body, kind = type(copy.runId) }
  end,
}
