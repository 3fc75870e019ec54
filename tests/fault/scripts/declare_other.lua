-- SPDX-License-Identifier: MIT
-- what: returns another table than the one that it declared
-- expect: refused "the file must end with `return trigger { … }`"
trigger { run = function() end } -- HERE
return { run = function() end }
