-- SPDX-License-Identifier: MIT
-- what: a thousand sleeps at once where 20 are allowed
-- expect: failed limit.steps
return trigger {
  limits = { steps = 20 },
  run = function(_, flow)
    local list = {}
    for i = 1, 1000 do list[i] = function() flow.sleep "1h" end end
    return flow.all(list)
  end,
}
