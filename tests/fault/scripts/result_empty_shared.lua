-- SPDX-License-Identifier: MIT
-- what: the same with nothing to write in the end
-- expect: failed script.result "too many values (more than 262144) to be written as JSON"
return trigger {
  limits = { cpu = "5s" },
  run = function()
    local t = { {} }
    for _ = 1, 50 do t = { t, t } end
    return { t }
  end,
}
