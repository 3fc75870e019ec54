-- SPDX-License-Identifier: MIT
-- what: 70 KB of source
-- expect: refused "the file is larger than 64 KB"
--[[repeat 7000]]-- 345678
--[[end]]
return trigger { run = function() end }
