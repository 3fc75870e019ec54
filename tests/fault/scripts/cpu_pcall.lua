-- SPDX-License-Identifier: MIT
-- what: swallows the kill with pcall, again and again
-- expect: failed limit.cpu
return trigger {
  limits = { cpu = "50ms" },
  run = function()
    while true do
      pcall(function()
        while true do end -- HERE
      end)
    end
  end,
}
