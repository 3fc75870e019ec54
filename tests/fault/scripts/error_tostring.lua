-- SPDX-License-Identifier: MIT
-- what: raises an object that hangs when it is asked for its text
-- expect: failed script.error "a table value was raised"
return trigger {
  limits = { cpu = "50ms" },
  run = function()
    error(setmetatable({}, {
      __tostring = function() while true do end end,
      __index = function() while true do end end,
      __name = "\27[31m",
    }))
  end,
}
