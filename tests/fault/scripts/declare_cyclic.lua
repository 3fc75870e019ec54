-- SPDX-License-Identifier: MIT
-- what: a declaration that holds itself
-- expect: refused "deeper than 64 levels"
local declaration = { run = function() end }
declaration.defaults = { declaration }
declaration.defaults[1] = declaration.defaults
return trigger(declaration)
