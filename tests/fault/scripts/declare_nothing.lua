-- SPDX-License-Identifier: MIT
-- what: returns nothing
-- expect: refused "the file must end with `return trigger { … }`"
local _ = 1
