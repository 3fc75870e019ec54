-- SPDX-License-Identifier: MIT
-- what: hangs there
-- expect: refused "250 ms of CPU"
require = function() -- luacheck: ignore
  while true do end
end
return trigger { run = function(_, flow) return flow end }
