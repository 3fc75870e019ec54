-- SPDX-License-Identifier: MIT
-- what: comparators without any order, that fail, yield, and change what is sorted
-- expect: completed {"always":20,"fails":false,"grows":true,"never":20,"random":20,"yields":"suspended"}
return trigger {
  limits = { cpu = "5s" },
  run = function()
    local function list()
      local t = {}
      for i = 1, 20 do t[i] = (i * 7) % 20 end
      return t
    end
    local function sorted(comparator)
      local t = list()
      table.sort(t, comparator)
      return #t
    end
    local grown = list()
    local grows = pcall(table.sort, grown, function(a, b)
      grown[#grown + 1] = a
      grown[1] = nil
      return a < b
    end)
    local co = coroutine.create(function() table.sort(list(), function() return coroutine.yield() end) end)
    coroutine.resume(co)
    return {
      always = sorted(function() return true end),
      never = sorted(function() return false end),
      random = sorted(function() return math.random() < 0.5 end),
      fails = (pcall(sorted, function() error "x" end)),
      grows = grows,
      yields = coroutine.status(co) == "dead" and "suspended" or coroutine.status(co),
    }
  end,
}
