-- SPDX-License-Identifier: MIT
-- what: a set as long as the subject, read for each character
-- expect: failed limit.cpu
return trigger {
  limits = { cpu = "50ms" },
  run = function()
    local set = {}
    for i = 1, 100000 do set[i] = "%d" end
    return (("a"):rep(100000):gsub("[" .. table.concat(set) .. "]", "x"))
  end,
}
