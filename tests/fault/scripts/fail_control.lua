-- SPDX-License-Identifier: MIT
-- what: flow.fail with control characters
-- expect: failed script.fail "a\u001b[0m\nb"
return trigger {
  run = function(_, flow) flow.fail "a\27[0m\nb" end,
}
