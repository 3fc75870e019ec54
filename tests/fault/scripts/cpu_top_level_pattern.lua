-- SPDX-License-Identifier: MIT
-- what: hangs in C while it is loaded
-- expect: refused "more than 250 ms of CPU"
string.find(("a"):rep(5000), (".-"):rep(20) .. "b") -- HERE
return trigger { run = function() end }
