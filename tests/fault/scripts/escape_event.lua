-- SPDX-License-Identifier: MIT
-- what: changes its event, its metatable, and what lies in it
-- expect: completed {"meta":false,"new":false,"raw":1,"set":false,"own":2}
-- body: {"n":1}
return trigger {
  run = function(event)
    local new = pcall(function() event.body = 1 end)
    local set = pcall(setmetatable, event, {})
    local before = event.body.n
    event.body.n = 2 -- the run's own copy
    return { new = new, set = set, meta = getmetatable(event), raw = before, own = event.body.n }
  end,
}
