-- SPDX-License-Identifier: MIT
-- what: recursion of the matcher, which crashed stock gmatch when called again
-- expect: completed {"first":false,"second":false,"captures":false}
return trigger {
  run = function()
    local iterate = ("a"):rep(300):gmatch(("a?"):rep(250) .. "b")
    local first = pcall(iterate)
    local second = pcall(iterate)
    return { first = first, second = second, captures = (pcall(string.find, "x", ("()"):rep(33))) }
  end,
}
