-- SPDX-License-Identifier: MIT
-- what: a filter that cannot be preempted
-- expect: failed limit.cpu
return trigger {
  limits = { cpu = "50ms" },
  filter = function(event)
    return pcall(string.gsub, "x", "x", function()
      while event do end -- HERE
    end)
  end,
  run = function() return "not reached" end,
}
