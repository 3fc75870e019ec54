-- SPDX-License-Identifier: MIT
-- what: more locals than a function may have
-- expect: refused "too many local variables"
--[[number 300]]local v# --[[end]]
return trigger { run = function() end }
