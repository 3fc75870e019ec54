-- SPDX-License-Identifier: MIT
-- what: a message that is no text
-- expect: failed script.error "\ufffd\ufffda\ufffdb"
return trigger {
  run = function() error("\xff\xfea\0b", 0) end,
}
