-- SPDX-License-Identifier: MIT
-- what: keys that have no order
-- expect: failed script.error "pairs: tables/functions as keys have no order; use strings or numbers"
return trigger {
  run = function()
    for _ in pairs { [{}] = 1, [print] = 2 } do end -- HERE
  end,
}
