-- SPDX-License-Identifier: MIT
-- what: the same inside a group, whose record shows the text
-- expect: failed limit.cpu
return trigger {
  limits = { cpu = "50ms" },
  run = function(_, flow)
    flow.step("x", function()
      error(setmetatable({}, { __tostring = function()
        while true do end -- HERE
      end }))
    end)
  end,
}
