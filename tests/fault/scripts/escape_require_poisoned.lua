-- SPDX-License-Identifier: MIT
-- what: answers in place of `require` when the library loads its own modules
-- expect: refused "flow: no"
require = function() -- luacheck: ignore
  error("flow: no", 0)
end
return trigger { run = function(_, flow) return flow end }
