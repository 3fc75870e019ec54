-- SPDX-License-Identifier: MIT
-- what: chains of tables that are keys of each other, shuffled, where stock Lua's collector hangs
-- expect: completed {"alive":true}
return trigger {
  limits = { cpu = "10s", memory = "64MB" },
  run = function()
    local meta = {}
    local weak = setmetatable({}, meta)
    meta.__mode = "k"
    local chain, key = {}, {}
    for i = 1, 20000 do
      local after = {}
      chain[i] = { key, after }
      key = after
    end
    for i = #chain, 2, -1 do
      local j = math.random(i)
      chain[i], chain[j] = chain[j], chain[i]
    end
    for _, link in ipairs(chain) do weak[link[1]] = link[2] end
    chain = nil
    for i = 1, 1000 do local _ = ("x"):rep(30000) .. i end
    return { alive = weak[key] == nil and chain == nil }
  end,
}
