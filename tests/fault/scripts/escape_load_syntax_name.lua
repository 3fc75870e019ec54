-- SPDX-License-Identifier: MIT
-- what: the same with a syntax error and a name of control characters
-- expect: completed {"message":"(load):1: unexpected symbol near <eof>"}
return trigger {
  run = function()
    local _, message = load("return (", "=\27[2J\nroot: x")
    return { message = message }
  end,
}
