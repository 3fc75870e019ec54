-- SPDX-License-Identifier: MIT
-- what: 65,536 tasks at once
-- expect: failed script.error "more than 1024 tasks at once"
return trigger {
  limits = { steps = 100000, cpu = "5s", memory = "64MB" },
  run = function(_, flow)
    local list = {}
    for i = 1, 65536 do list[i] = function() flow.sleep "1h" end end
    local results = flow.all(list) -- HERE
    return results
  end,
}
