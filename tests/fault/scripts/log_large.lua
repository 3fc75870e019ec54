-- SPDX-License-Identifier: MIT
-- what: one record of 100 KB
-- expect: failed limit.record "more than 65536 bytes of JSON"
return trigger {
  run = function(_, flow)
    pcall(flow.log, ("x"):rep(100000)) -- HERE
    return "not reached"
  end,
}
