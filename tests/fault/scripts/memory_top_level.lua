-- SPDX-License-Identifier: MIT
-- what: fills its memory while it is loaded
-- expect: refused "more than 16384 KB of memory"
local s = ("x"):rep(1000)
while true do s = s .. s end -- HERE
