-- SPDX-License-Identifier: MIT
-- what: a million values through resume and yield
-- expect: completed {"kept":100000,"refused":true}
return trigger {
  limits = { cpu = "5s", memory = "64MB" },
  run = function()
    local t = {}
    for i = 1, 100000 do t[i] = i end
    local co = coroutine.wrap(function(...) coroutine.yield(...) end)
    local kept = select("#", co(table.unpack(t)))
    local refused = not pcall(function()
      local function grow(...) return coroutine.wrap(grow)(1, ...) end
      grow()
    end)
    return { kept = kept, refused = refused }
  end,
}
