-- SPDX-License-Identifier: MIT
-- what: control characters in the source, near which it is wrong
-- expect: refused "near '<\\27>'"
return trigger { run = function() return  end }
