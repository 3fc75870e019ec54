-- SPDX-License-Identifier: MIT
-- what: a chain of __index tables that ends in itself
-- expect: failed script.error "'__index' chain too long; possible loop"
return trigger {
  run = function()
    local t = {}
    setmetatable(t, { __index = t })
    return t.x -- HERE
  end,
}
