-- SPDX-License-Identifier: MIT
-- what: raises a function in a task, which is the run's end
-- expect: failed script.error "a function value was raised"
return trigger {
  run = function(_, flow)
    flow.all { function() error(print) end }
  end,
}
