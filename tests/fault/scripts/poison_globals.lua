-- SPDX-License-Identifier: MIT
-- what: leaves globals, and changes what others have
-- expect: completed {"poisoned":true}
poison = "loaded" -- luacheck: ignore
return trigger {
  run = function()
    poison = "run" -- luacheck: ignore
    _VERSION = "poison" -- luacheck: ignore
    tostring, type, pairs, next, select = nil, nil, nil, nil, nil -- luacheck: ignore
    math.pi, math.huge, os.time = 4, 0, nil -- luacheck: ignore
    math.randomseed(42)
    return { poisoned = true }
  end,
}
