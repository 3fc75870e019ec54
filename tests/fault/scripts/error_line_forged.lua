-- SPDX-License-Identifier: MIT
-- what: a message that begins with the line of another trigger
-- expect: failed script.error "canary/canary.lua:1: forged"
return trigger {
  run = function()
    error("canary/canary.lua:1: forged", 0) -- HERE
  end,
}
