-- SPDX-License-Identifier: MIT
-- what: loops in loops in a template over a list of the caller's
-- expect: failed limit.output "the instruction is too large"
-- body: {"a":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]}
local open, close = "{{#each a}}", "{{/each}}"
return trigger {
  instruction = open:rep(6) .. "x" .. close:rep(6),
  limits = { cpu = "5s" },
  run = function() return "not reached" end,
}
