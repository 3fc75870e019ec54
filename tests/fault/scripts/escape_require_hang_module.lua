-- SPDX-License-Identifier: MIT
-- what: a module that hangs
-- expect: refused "lib/endless.lua:5: the run used more than 250 ms of CPU"
require "lib.endless"
return trigger { run = function() end }
