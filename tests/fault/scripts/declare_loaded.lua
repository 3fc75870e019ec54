-- SPDX-License-Identifier: MIT
-- what: declares in a text that it loads
-- expect: refused "trigger must be called by the trigger's own file"
return load("return trigger { run = function() end }")()
