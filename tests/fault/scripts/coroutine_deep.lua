-- SPDX-License-Identifier: MIT
-- what: more than 50 coroutines in each other
-- expect: completed {"depth":51,"message":"too many nested coroutines"}
return trigger {
  run = function()
    local depth, said = 0, nil
    local function dive()
      depth = depth + 1
      local ok, message = coroutine.resume(coroutine.create(dive))
      if not ok then said = said or message end
    end
    dive()
    return { depth = depth, message = said:match "too many nested coroutines" }
  end,
}
