-- SPDX-License-Identifier: MIT
-- what: keeps `trigger`, and calls it while it runs
-- expect: failed script.error "trigger can only be called while its file is loaded"
local declare = trigger
return trigger {
  run = function()
    declare { run = function() end } -- HERE
  end,
}
