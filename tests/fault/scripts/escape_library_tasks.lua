-- SPDX-License-Identifier: MIT
-- what: catches the library's own tasks by a poisoned table.remove, and gives others in their place
-- expect: completed {"joined":false,"kinds":["userdata"],"meta":false}
return trigger {
  run = function(_, flow)
    local kinds, meta, remove = {}, nil, table.remove
    table.remove = function(t, i) -- luacheck: ignore
      local task = remove(t, i)
      if type(task) == "userdata" then
        kinds[#kinds + 1], meta = type(task), getmetatable(task)
        assert(not pcall(function() return task.co end) and not pcall(setmetatable, task, {}))
        return {}
      end
      return task
    end
    local joined = pcall(flow.all, { function() return 1 end })
    table.remove = remove -- luacheck: ignore
    return { kinds = kinds, meta = meta, joined = joined }
  end,
}
