-- SPDX-License-Identifier: MIT
-- what: a function in a result
-- expect: failed script.result "result.a[2].f: a function cannot be written as JSON"
return trigger {
  run = function() return { a = { 1, { f = print } } } end,
}
