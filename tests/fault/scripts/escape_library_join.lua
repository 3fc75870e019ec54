-- SPDX-License-Identifier: MIT
-- what: a task that waits for its own end, by a library that was turned inside out
-- expect: failed script.deadlock "all tasks wait for each other"
return trigger {
  run = function(_, flow)
    local remove, own = table.remove, nil
    table.remove = function(list, i) -- luacheck: ignore
      if own then return own end
      if type(list[1]) == "userdata" then own = list[1] end
      return remove(list, i)
    end
    flow.all {
      function()
        flow.sleep "1ms"
        flow.all { function() end }
      end,
      function() end,
    }
  end,
}
