-- SPDX-License-Identifier: MIT
-- what: a __concat that lets the stack grow within a chain of `..`, which Debian 12's Lua does not survive
-- expect: failed script.error "setmetatable: __concat is not allowed in triggers"
return trigger {
  run = function()
    local meta = {}
    meta.__concat = function(a, b)
      return (type(a) == "table" and a[1] or a) .. (type(b) == "table" and b[1] or b)
    end
    local k = setmetatable({ "k" }, meta) -- HERE
    local function deep(n)
      local joined = "a" .. k .. "b" .. k .. "c"
      return n > 0 and deep(n - 1) or joined
    end
    return deep(150)
  end,
}
