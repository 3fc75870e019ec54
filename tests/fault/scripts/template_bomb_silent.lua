-- SPDX-License-Identifier: MIT
-- what: the same without any text
-- expect: failed limit.cpu
local template = require "template"
return trigger {
  limits = { cpu = "50ms" },
  run = function()
    local a = {}
    for i = 1, 100 do a[i] = i end
    pcall(template.render, ("{{#each a}}"):rep(8) .. ("{{/each}}"):rep(8), { a = a })
    return "not reached"
  end,
}
