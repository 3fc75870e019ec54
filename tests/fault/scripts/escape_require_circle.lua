-- SPDX-License-Identifier: MIT
-- what: a module that requires itself
-- expect: refused "module 'lib.ouroboros' requires itself, or failed before"
require "lib.ouroboros"
return trigger { run = function() end }
