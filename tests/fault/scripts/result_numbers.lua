-- SPDX-License-Identifier: MIT
-- what: numbers at the edges of what JSON readers can read
-- expect: completed {"big":9223372036854775807,"least":5e-324,"most":1.7976931348623157e+308,"small":-9223372036854775808,"zero":0}
return trigger {
  run = function()
    return { big = math.maxinteger, small = math.mininteger, least = 5e-324, most = 1.7976931348623157e308, zero = -0.0 }
  end,
}
