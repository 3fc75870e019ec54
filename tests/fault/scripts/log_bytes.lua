-- SPDX-License-Identifier: MIT
-- what: a record that is no text
-- expect: failed script.error "not UTF-8"
return trigger {
  run = function(_, flow)
    flow.log "\xff" -- HERE
  end,
}
