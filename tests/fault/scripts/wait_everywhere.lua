-- SPDX-License-Identifier: MIT
-- what: waits wherever C calls back; where it works the run must go on as if nothing had been
-- expect: completed {"close":true,"concat":false,"coroutine_close":false,"handler":false,"index":true,"iterator":true,"load":false,"pcall":true,"sort":false,"tostring":false,"wrap":true}
return trigger {
  run = function(_, flow)
    local function wait() flow.sleep "1ms" return "waited" end
    local ways = {
      pcall = function() return select(2, pcall(wait)) end,
      wrap = function() return coroutine.wrap(wait)() end,
      index = function() return setmetatable({}, { __index = wait }).x end,
      close = function()
        local said
        do
          local _ <close> = setmetatable({}, { __close = function() said = wait() end })
        end
        return said
      end,
      iterator = function()
        for said in wait do return said end
      end,
      concat = function() return table.concat(setmetatable({}, { __index = wait, __len = function() return 1 end })) end,
      tostring = function() return tostring(setmetatable({}, { __tostring = wait })) end,
      sort = function() table.sort({ 1, 2 }, wait) return "waited" end,
      handler = function()
        local _, said = xpcall(error, wait)
        return said
      end,
      load = function() return load(wait) and "waited" end,
      coroutine_close = function()
        local said
        local co = coroutine.create(function()
          local _ <close> = setmetatable({}, { __close = function() said = wait() end })
          coroutine.yield()
        end)
        coroutine.resume(co)
        coroutine.close(co)
        return said
      end,
    }
    local results = {}
    for name, way in pairs(ways) do
      local ok, said = pcall(way)
      results[name] = ok and said == "waited"
      flow.sleep "1ms" -- a step that is out of order shows
    end
    return results
  end,
}
