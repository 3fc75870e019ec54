-- SPDX-License-Identifier: MIT
-- what: hangs in a coroutine, whose instructions are counted apart
-- expect: failed limit.cpu
return trigger {
  limits = { cpu = "50ms" },
  run = function()
    coroutine.wrap(function()
      while true do end -- HERE
    end)()
  end,
}
