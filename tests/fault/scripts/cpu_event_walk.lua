-- SPDX-License-Identifier: MIT
-- what: hangs while it walks its event with a poisoned pairs
-- expect: failed limit.cpu
return trigger {
  limits = { cpu = "50ms" },
  run = function(event)
    pairs = function() return function() return true end end -- luacheck: ignore
    for _ in pairs(event) do end
  end,
}
