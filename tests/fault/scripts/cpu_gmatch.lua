-- SPDX-License-Identifier: MIT
-- what: backtracks inside gmatch, and calls it again after its error
-- expect: failed limit.cpu
return trigger {
  limits = { cpu = "50ms" },
  run = function()
    local deep = ("x"):rep(300):gmatch(("("):rep(1) .. ("x?"):rep(250) .. ")")
    pcall(deep)
    pcall(deep)
    local slow = ("a"):rep(5000):gmatch((".-"):rep(20) .. "b")
    while true do pcall(slow) end
  end,
}
