-- SPDX-License-Identifier: MIT
-- what: leaves something in the table of the event
-- expect: completed {"before":null}
local json = require "json"
return trigger {
  run = function(event)
    local before = rawget(event, "poison")
    rawset(event, "poison", true)
    return { before = before == nil and json.null or before }
  end,
}
