-- SPDX-License-Identifier: MIT
-- what: names a chunk like another trigger, so that an error seems to be there
-- expect: failed script.error "(load):3: caught"
return trigger {
  run = function()
    load("\n\nerror 'caught'", "@canary/canary.lua")() -- HERE
  end,
}
