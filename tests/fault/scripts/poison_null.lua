-- SPDX-License-Identifier: MIT
-- what: changes json.null, the mark of arrays, and their metatables
-- expect: completed {"array":false,"meta":true,"null":null}
local json = require "json"
return trigger {
  run = function()
    local meta = getmetatable(json.null)
    if type(meta) == "table" then meta.__tostring = function() return "poison" end end
    local array = getmetatable(json.array {})
    if type(array) == "table" then
      array.__index = function() return "poison" end
    end
    pcall(setmetatable, json.null, {})
    return { null = json.null, meta = type(meta) ~= "table", array = type(array) == "table" }
  end,
}
