-- SPDX-License-Identifier: MIT
-- Stands in for the json module, which is C: enough of it for the specs.
local M = { null = setmetatable({}, { __tostring = function() return "null" end }) }

local encode

local function encode_table(value, path)
  local parts, keys = {}, {}
  for key in pairs(value) do
    keys[#keys + 1] = key
  end
  if #value > 0 then
    assert(#keys == #value, "json.encode: " .. path .. ": a list with holes cannot be written as JSON")
    for i, entry in ipairs(value) do
      parts[i] = encode(entry, path .. "[" .. i .. "]")
    end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  table.sort(keys)
  for _, key in ipairs(keys) do
    parts[#parts + 1] = string.format('"%s":%s', key, encode(value[key], path .. "." .. key))
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

function encode(value, path)
  if value == nil or value == M.null then
    return "null"
  elseif type(value) == "table" then
    return encode_table(value, path)
  elseif type(value) == "string" then
    return '"' .. string.gsub(value, '[%c"\\]', function(c)
      return string.format("\\u%04x", string.byte(c))
    end) .. '"'
  elseif type(value) == "function" then
    error("json.encode: " .. path .. ": a function cannot be written as JSON", 0)
  end
  return string.format(math.type(value) == "float" and "%.14g" or "%s", value)
end

function M.encode(value)
  return encode(value, "value")
end

-- Objects and lists of plain strings and numbers.
function M.decode(text)
  local source = string.gsub(text, '("[^"]*")%s*:', "[%1]=")
  source = string.gsub(string.gsub(source, "%[([^%]]*)%](%f[^=%]])", "{%1}%2"), "null", "null")
  local chunk = load("return " .. source, "=json", "t", { null = M.null })
  local ok, value = pcall(chunk or error)
  if not ok or value == nil then
    return nil, "byte 0: expected a value but found '" .. string.sub(text, 1, 1) .. "'", "json.malformed"
  end
  return value
end

return M
