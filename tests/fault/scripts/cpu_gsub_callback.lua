-- SPDX-License-Identifier: MIT
-- what: hangs in a callback of gsub, where it cannot be preempted
-- expect: failed limit.cpu
return trigger {
  limits = { cpu = "50ms" },
  run = function()
    return (("x"):gsub("x", function()
      while true do end -- HERE
    end))
  end,
}
