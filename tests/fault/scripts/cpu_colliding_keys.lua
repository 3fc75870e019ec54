-- SPDX-License-Identifier: MIT
-- what: integer keys that all fall into one place of the hash part: a rehash is one instruction that takes seconds
-- expect: failed limit.cpu
-- runner: may die
return trigger {
  limits = { cpu = "100ms" },
  run = function()
    local t, unit = {}, 16383 * 32767 * 65535 // 3
    for i = 1, 65536 do t[i * unit] = i end
    return "not reached"
  end,
}
