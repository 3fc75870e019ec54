-- SPDX-License-Identifier: MIT
-- what: the widest formats, a thousand in one call
-- expect: completed {"bytes":410000}
return trigger {
  run = function()
    local format = ("%99.99f"):rep(1000)
    local args = {}
    for i = 1, 1000 do args[i] = -1.7976931348623157e308 end
    return { bytes = #format:format(table.unpack(args)) }
  end,
}
