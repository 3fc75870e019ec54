-- SPDX-License-Identifier: MIT
-- what: a declaration of tables that each hold the one before twice: 2^64 values
-- expect: refused "more than 16384 KB of memory"
local bomb = {}
for _ = 1, 30 do bomb = { bomb, bomb } end
return trigger { bomb = bomb, run = function() end }
