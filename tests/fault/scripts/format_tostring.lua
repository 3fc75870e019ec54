-- SPDX-License-Identifier: MIT
-- what: an object whose text is no text
-- expect: failed script.error "'__tostring' must return a string"
return trigger {
  run = function()
    return ("%s"):format(setmetatable({}, { __tostring = function() return {} end })) -- HERE
  end,
}
