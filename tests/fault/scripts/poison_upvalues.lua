-- SPDX-License-Identifier: MIT
-- what: keeps its last event in an upvalue of the loaded file
-- expect: completed {"seen":null}
-- body: {"secret":1}
local json = require "json"
local seen
return trigger {
  filter = function(event)
    seen = seen or json.null
    local last = seen
    seen = event.body
    event.body.last = last
    return true
  end,
  run = function(event)
    return { seen = event.body.last }
  end,
}
