-- SPDX-License-Identifier: MIT
-- what: counts in a module of its own, which must start anew each time
-- expect: completed {"count":1}
local counter = require "lib.counter"
return trigger {
  run = function()
    counter.count = counter.count + 1
    return { count = counter.count }
  end,
}
