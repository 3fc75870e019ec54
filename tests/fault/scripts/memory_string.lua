-- SPDX-License-Identifier: MIT
-- what: doubles a string until it is killed, in a pcall
-- expect: failed limit.memory "more than 16384 KB"
return trigger {
  run = function()
    pcall(function()
      local s = "x"
      while true do s = s .. s end -- HERE
    end)
    return "not reached"
  end,
}
