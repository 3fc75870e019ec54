-- SPDX-License-Identifier: MIT
-- what: a weak table
-- expect: failed script.error "setmetatable: __mode is not allowed in triggers"
return trigger {
  run = function()
    setmetatable({}, { __mode = "k" }) -- HERE
  end,
}
