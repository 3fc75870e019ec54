-- SPDX-License-Identifier: MIT
-- what: values whose metatables hang or lie, and paths into strings
-- expect: completed {"text":"[][][]"}
local template = require "template"
return trigger {
  limits = { cpu = "50ms" },
  run = function()
    local hang = setmetatable({}, {
      __index = function() while true do end end,
      __len = function() return math.maxinteger end,
      __tostring = function() while true do end end,
    })
    return { text = template.render("[{{a.b}}][{{#each a}}x{{/each}}][{{s.upper}}]", { a = hang, s = "x" }) }
  end,
}
