-- SPDX-License-Identifier: MIT
-- what: gives loaded text environments of all kinds
-- expect: completed {"empty":false,"lies":7,"none":false,"own":5}
return trigger {
  run = function()
    return {
      own = load("return x", "n", "t", { x = 5 })(),
      lies = load("return y", "n", "t", setmetatable({}, { __index = function() return 7 end }))(),
      empty = (pcall(load("return print()", "n", "t", {}))),
      none = (pcall(load("return print", "n", "t", nil))),
    }
  end,
}
