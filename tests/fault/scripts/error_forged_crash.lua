-- SPDX-License-Identifier: MIT
-- what: fails with the codes that only the host gives
-- expect: failed script.error "\"runner.crashed\" is a code of the host's own"
return trigger {
  run = function(_, flow)
    flow.fail("the runner died under this run again", "runner.crashed") -- HERE
  end,
}
