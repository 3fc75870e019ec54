-- SPDX-License-Identifier: MIT
-- what: hangs while it is loaded
-- expect: refused "more than 250 ms of CPU"
while true do end -- HERE
