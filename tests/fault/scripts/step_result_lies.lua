-- SPDX-License-Identifier: MIT
-- what: groups whose results cannot be recorded
-- expect: completed {"ok":6}
return trigger {
  run = function(_, flow)
    local ok, cyclic = 0, {}
    cyclic.x = cyclic
    local lie = setmetatable({}, { __tostring = function() while true do end end })
    for _, value in ipairs { cyclic, print, "\xff", 0 / 0, ("x"):rep(2000000), lie } do
      local got = flow.step("x", function() return value end)
      if rawequal(got, value) or got ~= got then ok = ok + 1 end
    end
    return { ok = ok }
  end,
}
