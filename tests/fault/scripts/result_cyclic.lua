-- SPDX-License-Identifier: MIT
-- what: a result that holds itself
-- expect: failed script.result "deeper than 64 levels: does a table contain itself?"
return trigger {
  run = function() -- HERE
    local t = { a = {} }
    t.a.b = t
    return t
  end,
}
