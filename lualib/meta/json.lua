---@meta json
-- SPDX-License-Identifier: MIT

---JSON text and Lua values. Not steps.
---@class json
---@field null lightuserdata JSON's null. It is true in conditions: compare with `== json.null`
local json = {}

---Writes a value as JSON. Keys are sorted; a table with keys 1..n becomes an array, one with string keys an object, an empty one
---{} (see json.array); 3.0 is written 3. Raises at what JSON has not: functions, cycles, holes, mixed
---keys, NaN, text that is not UTF-8; the message names the place: "value.items[3].f: …".
---@param value any
---@return string
function json.encode(value) end

---Reads strict JSON (RFC 8259): at most 64 levels, no repeated names, no \u0000. Whole numbers become integers,
---null becomes json.null, an empty array stays one.
---@param text string
---@return any value nil when it is not JSON
---@return string? message "byte 12: expected ':' but found '}'"
---@return string? code "json.malformed"
function json.decode(text) end

---Marks a table as an array, so that it is written as [] when it is empty.
---@generic T: table
---@param list? T default: a new one
---@return T
function json.array(list) end

return json
