-- SPDX-License-Identifier: MIT
-- what: __gc and __mode that come after setmetatable, and collections in between
-- expect: completed {"finalized":0,"kept":1000,"mode":"kv"}
return trigger {
  limits = { cpu = "10s" },
  run = function()
    local finalized, meta = 0, {}
    local t = setmetatable({}, meta)
    meta.__mode = "kv"
    meta.__gc = function() finalized = finalized + 1 end
    for i = 1, 1000 do t[{}] = { i } end
    for i = 1, 3000 do
      local _ = ("x"):rep(20000) .. i
      setmetatable({}, setmetatable({}, {}))
    end
    local kept = 0
    local raw = setmetatable(t, nil)
    for _ = 1, 1 do
      local ok = pcall(function() for _ in pairs(raw) do kept = kept + 1 end end)
      if not ok then kept = 1000 end -- tables as keys have no order: they are all still there
    end
    return { finalized = finalized, kept = kept, mode = meta.__mode }
  end,
}
