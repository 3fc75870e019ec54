-- SPDX-License-Identifier: MIT
-- what: the same in a comparator, inside a coroutine inside a comparator
-- expect: failed limit.cpu
return trigger {
  limits = { cpu = "50ms" },
  run = function()
    table.sort({ 1, 2 }, function()
      coroutine.wrap(function()
        table.sort({ 1, 2 }, function()
          while true do end -- HERE
        end)
      end)()
    end)
  end,
}
