-- SPDX-License-Identifier: MIT
-- what: next with keys that are not there, a table that is emptied while it is walked, NaN
-- expect: completed {"met":50,"nan":false,"next":"any"}
return trigger {
  run = function()
    local t, met = {}, 0
    for i = 1, 50 do t["k" .. i] = i end
    for k in pairs(t) do
      t[k] = nil
      met = met + 1
    end
    pcall(next, {}, "missing")
    pcall(next, {}, 0 / 0)
    return { met = met, nan = (pcall(function() t[0 / 0] = 1 end)), next = next(t) == nil and "any" or "left" }
  end,
}
