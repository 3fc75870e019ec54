-- SPDX-License-Identifier: MIT
-- what: a filter that fails
-- expect: failed script.error "attempt to index a nil value"
return trigger {
  filter = function(event) return event.nothing.there end, -- HERE
  run = function() return "not reached" end,
}
