-- SPDX-License-Identifier: MIT
-- what: 250 nested parentheses
-- expect: refused "C stack overflow"
return trigger { run = function() return --[[repeat 250]](--[[end]] 1 --[[repeat 250]])--[[end]] end }
