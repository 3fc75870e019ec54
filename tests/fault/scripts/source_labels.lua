-- SPDX-License-Identifier: MIT
-- what: a file full of labels, for a parser that is quadratic in them
-- expect: completed {"ok":true}
do --[[number 3500]]::l#::do end --[[end]] end
return trigger { run = function() return { ok = true } end }
