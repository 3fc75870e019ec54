-- SPDX-License-Identifier: MIT
-- what: hangs in the message handler of xpcall
-- expect: failed limit.cpu
return trigger {
  limits = { cpu = "50ms" },
  run = function()
    xpcall(error, function()
      while true do end -- HERE
    end)
  end,
}
