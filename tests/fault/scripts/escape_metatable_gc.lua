-- SPDX-License-Identifier: MIT
-- what: a finalizer
-- expect: failed script.error "setmetatable: __gc is not allowed in triggers"
return trigger {
  run = function()
    setmetatable({}, { __gc = function() end }) -- HERE
  end,
}
