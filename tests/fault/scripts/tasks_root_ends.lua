-- SPDX-License-Identifier: MIT
-- what: returns while others still work, wait, and would compute for ever
-- expect: completed {"done":true}
return trigger {
  run = function(_, flow)
    coroutine.wrap(function()
      flow.race {
        function() return 1 end,
        function() flow.sleep "1h" end,
        function()
          flow.sleep "1h"
          while true do end
        end,
      }
    end)()
    return { done = true }
  end,
}
