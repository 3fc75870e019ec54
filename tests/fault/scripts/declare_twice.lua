-- SPDX-License-Identifier: MIT
-- what: two triggers in one file
-- expect: refused "trigger is called twice (first on line 4)"
trigger { run = function() end }
return trigger { run = function() end } -- HERE
