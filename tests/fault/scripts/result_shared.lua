-- SPDX-License-Identifier: MIT
-- what: tables that each hold the one before twice: 2^40 values out of 40 tables
-- expect: failed script.result "too many values (more than 262144) to be written as JSON"
return trigger {
  limits = { cpu = "5s" },
  run = function() -- HERE
    local t = {}
    for _ = 1, 40 do t = { t, t } end
    return t
  end,
}
