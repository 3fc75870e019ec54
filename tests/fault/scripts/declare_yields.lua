-- SPDX-License-Identifier: MIT
-- what: yields while it is loaded
-- expect: refused "attempt to yield from outside a coroutine"
coroutine.yield(trigger { run = function() end }) -- HERE
