-- SPDX-License-Identifier: MIT
-- what: joins a secret with itself until there is no more memory
-- expect: failed limit.memory
return trigger {
  limits = { cpu = "10s" },
  run = function()
    local s = secret "KEY" .. "x"
    while true do s = s .. s end
  end,
}
