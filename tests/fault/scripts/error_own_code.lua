-- SPDX-License-Identifier: MIT
-- what: an honest code passes
-- expect: failed order.unknown "no such order"
return trigger {
  run = function() error { code = "order.unknown", message = "no such order" } end,
}
