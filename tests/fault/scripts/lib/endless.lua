-- SPDX-License-Identifier: MIT
-- A module of tests/fault/scripts that never returns.
local n = 0
while true do
  n = n + 1
end
