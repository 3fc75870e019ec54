-- SPDX-License-Identifier: MIT
-- what: a million arguments, passed on and on
-- expect: failed limit.cpu
return trigger {
  limits = { cpu = "100ms", memory = "64MB" },
  run = function()
    local function f(...) return f(1, ...) end
    return { ok = (pcall(f)) }
  end,
}
