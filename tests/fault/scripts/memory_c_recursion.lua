-- SPDX-License-Identifier: MIT
-- what: recursion through C: sort, gsub, pcall, metamethods, tostring, load, require
-- expect: completed {"add":false,"gsub":false,"index":false,"load":false,"pcall":false,"sort":false,"tostring":false}
return trigger {
  limits = { cpu = "5s", memory = "64MB" },
  run = function()
    local depth = 0
    local function deep(step)
      return function()
        depth = 0
        local function again()
          depth = depth + 1
          if depth > 100000 then error "much too deep" end
          return step(again)
        end
        local ok, message = pcall(again)
        assert(ok or not tostring(message):find("much too deep", 1, true), message)
        return ok
      end
    end
    local ways = {
      sort = deep(function(again) table.sort({ 1, 2, 3 }, again) end),
      gsub = deep(function(again) return (("x"):gsub("x", again)) end),
      add = deep(function(again) return setmetatable({}, { __add = again }) + 1 end),
      index = deep(function(again) return setmetatable({}, { __index = function() return again() + 1 end }).x end),
      tostring = deep(function(again) return tostring(setmetatable({}, { __tostring = again })) end),
      load = deep(function(again) return assert(load(function() again() return nil end)) end),
      pcall = deep(function(again) return assert(select(2, assert(pcall(again)))) end),
    }
    local results = {}
    for name, way in pairs(ways) do results[name] = way() end
    return results
  end,
}
