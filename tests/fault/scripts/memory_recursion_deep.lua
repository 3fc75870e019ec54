-- SPDX-License-Identifier: MIT
-- what: recursion without end where there is memory for it: Lua's own limit, which can be caught
-- expect: completed {"ok":false,"overflow":true}
return trigger {
  limits = { cpu = "5s", memory = "64MB" },
  run = function()
    local function f(...)
      local a, b, c, d, e, g, h, i, j, k = ...
      return 1 + f(a, b, c, d, e, g, h, i, j, k)
    end
    local ok, message = pcall(f)
    return { ok = ok, overflow = message:find("stack overflow", 1, true) ~= nil }
  end,
}
