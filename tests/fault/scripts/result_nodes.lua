-- SPDX-License-Identifier: MIT
-- what: a million empty tables
-- expect: failed script.result "too many values (more than 262144) to be written as JSON"
return trigger {
  limits = { cpu = "5s", memory = "64MB" },
  run = function()
    local t = {}
    for i = 1, 500000 do t[i] = {} end
    return t
  end,
}
