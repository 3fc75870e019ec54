-- SPDX-License-Identifier: MIT
-- what: 64 KB of labels and jumps to them: the parser is quadratic
-- expect: completed {"loaded":true}
return trigger {
  limits = { cpu = "5s" },
  run = function()
    local parts = {}
    for i = 1, 4000 do parts[i] = ("::a%d::do end"):format(i) end
    return { loaded = load(table.concat(parts, " ")) ~= nil }
  end,
}
