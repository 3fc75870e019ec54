-- SPDX-License-Identifier: MIT
-- what: a __metatable that lies about what it protects, with __name full of control characters
-- expect: failed script.error "bad argument #1 to 'rep'"
return trigger {
  run = function()
    local t = setmetatable({}, { __metatable = string, __name = "\27[31mroot\n", __len = function() return "x" end })
    pcall(setmetatable, t, nil)
    string.rep(t, 1) -- HERE
  end,
}
