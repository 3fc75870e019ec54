-- SPDX-License-Identifier: MIT
-- what: adds a key for each one it meets
-- expect: completed {"bounded":true}
return trigger {
  limits = { cpu = "2s" },
  run = function()
    local t, met = { a = 1 }, 0
    for k in pairs(t) do
      met = met + 1
      if met > 1000 then break end
      t[k .. "x"] = true
    end
    return { bounded = met <= 1001 }
  end,
}
