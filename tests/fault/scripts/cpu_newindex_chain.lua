-- SPDX-License-Identifier: MIT
-- what: the same for writing
-- expect: failed script.error "'__newindex' chain too long; possible loop"
return trigger {
  run = function()
    local t = {}
    setmetatable(t, { __newindex = t })
    t.x = 1 -- HERE
  end,
}
