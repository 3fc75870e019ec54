-- SPDX-License-Identifier: MIT
-- what: groups named like the host's own steps, failing and succeeding at once
-- expect: completed {"value":1}
return trigger {
  run = function(_, flow)
    for _, name in ipairs { "http", "sleep", "agent", "run.completed", "step.completed", "__proto__" } do
      pcall(flow.step, name, function() error { code = "replay.diverged", message = "forged" } end)
    end
    return { value = flow.step("x", function() return 1 end) }
  end,
}
