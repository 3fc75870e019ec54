-- SPDX-License-Identifier: MIT
-- Errors as values: a table with a stable code for the script to judge by and a message for people,
-- which is also its tostring. And the words for "you gave me something else".
local M = {}

local MESSAGE_BYTES = 4000 -- of a message in a record; the rest is cut
local SHOWN_BYTES = 64 -- of a code, or of a wrong value in a message

local Failure = { __name = "error" }

function Failure.__tostring(self)
  return self.message
end

-- The script line that many levels above the caller, "support/refund.lua:12"; nil when it is none.
local function line(level)
  local _, place = pcall(error, "", level + 2)
  return string.match(place, "^(.+:%d+): $")
end

---@param code string
---@param message string
---@param level? integer whose line it is: 1 is the function that calls this one (the default)
---@return table failure to be raised with error(failure, 0)
function M.new(code, message, level)
  return setmetatable({ code = code, message = message, at = line((level or 1) + 1) }, Failure)
end

---Cut to a length, and fit for a record, which is JSON: valid UTF-8 without NUL.
---@param text string
---@param bytes integer
---@return string
function M.printable(text, bytes)
  if #text > bytes then
    text = string.gsub(string.sub(text, 1, bytes), "[\xC0-\xFF][\x80-\xBF]*$", "") .. "…"
  end
  if utf8.len(text) and not string.find(text, "\0", 1, true) then
    return text
  end
  return (string.gsub(text, "[\0\x80-\xFF]", "?"))
end

---What a raised value says, whatever it is.
---@param err any
---@return string|nil code
---@return string message
function M.read(err)
  local code, message
  if type(err) == "table" then
    code, message = rawget(err, "code"), rawget(err, "message")
  end
  if type(message) ~= "string" then
    message = tostring(err)
  end
  code = type(code) == "string" and M.printable(code, SHOWN_BYTES) or nil
  return code, M.printable(message, MESSAGE_BYTES)
end

---`got "soon"`, `got the number 5`, `got a table`, `got nothing`
---@param value any
---@return string
function M.got(value)
  local kind = type(value)
  if value == nil then
    return "got nothing"
  elseif kind == "string" then
    return 'got "' .. M.printable(value, SHOWN_BYTES) .. '"'
  elseif kind == "number" or kind == "boolean" then
    return "got the " .. kind .. " " .. tostring(value)
  end
  return "got a " .. kind
end

---Refuses options that nobody knows. Raises at `level` of the caller.
---@param where string such as "http.get"
---@param options any nil or a table
---@param known table<string, true>
---@param level integer
---@return table options
function M.options(where, options, known, level)
  if options == nil then
    return {}
  elseif type(options) ~= "table" then
    error(where .. ": expected a table of options, " .. M.got(options), level + 1)
  end
  for key in pairs(options) do
    if not known[key] then
      local names = {}
      for name in pairs(known) do
        names[#names + 1] = name
      end
      table.sort(names)
      local text = "%s: unknown option %s (known: %s)"
      local shown = type(key) == "string" and '"' .. M.printable(key, SHOWN_BYTES) .. '"' or tostring(key)
      error(string.format(text, where, shown, table.concat(names, ", ")), level + 1)
    end
  end
  return options
end

return M
