-- SPDX-License-Identifier: MIT
-- what: asks everything that might show an address
-- expect: completed {"format":["table","function","thread"],"p":false,"tostring":["table","function","thread"]}
return trigger {
  run = function()
    local values = { {}, function() end, coroutine.create(function() end) }
    local result = { tostring = {}, format = {}, p = (pcall(string.format, "%p", {})) }
    for i, value in ipairs(values) do
      result.tostring[i] = tostring(value)
      result.format[i] = ("%s"):format(value)
    end
    return result
  end,
}
