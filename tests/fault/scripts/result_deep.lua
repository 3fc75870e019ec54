-- SPDX-License-Identifier: MIT
-- what: a result 100,000 levels deep
-- expect: failed script.result "deeper than 64"
return trigger {
  run = function() -- HERE
    local t = {}
    for _ = 1, 100000 do t = { t } end
    return t
  end,
}
