-- SPDX-License-Identifier: MIT
-- what: raises an object while it is loaded
-- expect: refused "a table value was raised"
error(setmetatable({}, { __tostring = function() while true do end end }))
