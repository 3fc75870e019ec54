-- SPDX-License-Identifier: MIT
-- http: requests made by the host, each one a step. A status of 400 or more is an answer like any
-- other (look at `ok`); no answer at all, after the retries, raises { code, message }. A secret stands
-- wherever a text does, in URL, query, headers and body: the host puts its value in.
local _, host = ...
local duration = require "duration"
local failure = require "failure"
local json = require "json"
local retry = require "retry"

local M = {}

local NAME_BYTES = 200
local OPTIONS = { headers = true, query = true, json = true, body = true, timeout = true, retry = true }
local REQUEST = { method = true, url = true }
for name in pairs(OPTIONS) do
  REQUEST[name] = true
end
local METHODS = {}
for _, method in ipairs { "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS" } do
  METHODS[method] = true
end

-- ---- checks: `level` counts from the caller

-- Step arguments are JSON, so binary data cannot be sent (yet).
local function check_utf8(where, what, value, level)
  if not utf8.len(value) or string.find(value, "\0", 1, true) then
    local text = "%s: %s must be text in UTF-8; binary data cannot be sent"
    error(string.format(text, where, what), level + 1)
  end
  return value
end

-- What may hold a secret is a list of pieces here: texts, and { name = "API_KEY" } for secrets.
local function check_pieces(where, what, value, level)
  local pieces = host.secret_parts(value)
  for _, piece in ipairs(pieces or {}) do
    if type(piece) == "string" then
      check_utf8(where, what, piece, level + 1)
    end
  end
  return pieces
end

-- A number or boolean means its text, in headers and queries.
local function check_scalar(where, what, value, level)
  local pieces = check_pieces(where, what, value, level + 1)
  if pieces then
    return pieces
  end
  local kind = type(value)
  if kind ~= "string" and kind ~= "number" and kind ~= "boolean" then
    local text = "%s: %s: expected a string, number or boolean, %s"
    error(string.format(text, where, what, failure.got(value)), level + 1)
  end
  return { check_utf8(where, what, tostring(value), level + 1) }
end

local function check_table(where, what, value, level)
  if type(value) ~= "table" then
    error(string.format("%s: %s: expected a table, %s", where, what, failure.got(value)), level + 1)
  end
  for key in pairs(value) do
    if type(key) ~= "string" then
      local text = "%s: %s: expected names with values, such as { page = 2 }, not a list"
      error(string.format(text, where, what), level + 1)
    end
  end
end

local function check_url_text(where, text, level)
  if string.find(text, "[%c ]") then
    error(where .. ": a URL holds no blanks (put values into the query option)", level + 1)
  end
  return check_utf8(where, "the URL", text, level + 1)
end

-- The host is readable before any secret is: it decides which secrets may be sent at all.
local function check_secret_url(where, pieces, level)
  local first = pieces[1]
  if type(first) ~= "string" or not string.find(first, "^%a+://[^/?#]+[/?]") then
    error(where .. ": a secret can stand in the path or the query of a URL, not before", level + 1)
  end
  for _, piece in ipairs(pieces) do
    if type(piece) == "string" then
      check_url_text(where, piece, level + 1)
      if string.find(piece, "#", 1, true) then
        error(where .. ": a URL with a secret holds no #", level + 1)
      end
    end
  end
end

---@return table url scheme, authority, rest (pieces of path and query)
local function check_url(where, url, level)
  local pieces = host.secret_parts(url)
  if pieces then
    check_secret_url(where, pieces, level + 1)
  elseif type(url) ~= "string" then
    error(where .. ": expected a URL, " .. failure.got(url), level + 1)
  end
  pieces = pieces or { url }
  local scheme, authority, rest = string.match(pieces[1], "^(%a+)://([^/?#]+)([^#]*)")
  scheme = scheme and string.lower(scheme)
  if scheme ~= "http" and scheme ~= "https" then
    local text = "%s: expected a URL such as https://shop.example/orders, %s"
    error(string.format(text, where, failure.got(pieces[1])), level + 1)
  end
  check_url_text(where, pieces[1], level + 1)
  return { scheme = scheme, authority = authority, rest = { rest, table.unpack(pieces, 2) } }
end

-- ---- parts of a request

local function sorted_keys(values)
  local keys = {}
  for key in pairs(values) do
    keys[#keys + 1] = key
  end
  table.sort(keys)
  return keys
end

local function percent_encode(text)
  return (string.gsub(text, "[^%w%-._~]", function(c)
    return string.format("%%%02X", string.byte(c))
  end))
end

local function append(list, more)
  for _, piece in ipairs(more) do
    list[#list + 1] = piece
  end
end

-- What the host takes: a string, or with secrets their mark, which only this module can write.
local function joined(pieces)
  local parts, secret = { "" }, false
  for _, piece in ipairs(pieces) do
    local last = parts[#parts]
    secret = secret or type(piece) == "table"
    if type(piece) == "string" and type(last) == "string" then
      parts[#parts] = last .. piece
    elseif last == "" then
      parts[#parts] = piece
    else
      parts[#parts + 1] = piece
    end
  end
  return secret and { ["$secret"] = parts } or parts[1]
end

-- "a=1&b=2": names in order, so that the same request always looks the same; a list repeats its name.
local function encode_query(where, values, level)
  check_table(where, "query", values, level + 1)
  local query = {}
  for _, name in ipairs(sorted_keys(values)) do
    local value = values[name]
    local list = type(value) == "table" and value or { value }
    for _, entry in ipairs(list) do
      local pieces = check_scalar(where, "query." .. name, entry, level + 1)
      query[#query + 1] = (query[1] and "&" or "") .. percent_encode(name) .. "="
      for i, piece in ipairs(pieces) do
        pieces[i] = type(piece) == "string" and percent_encode(piece) or piece -- the host encodes secrets
      end
      append(query, pieces)
    end
  end
  return query
end

local function has_query(url)
  for _, piece in ipairs(url.rest) do
    if type(piece) == "string" and string.find(piece, "?", 1, true) then
      return true
    end
  end
  return false
end

local function join_url(url, query)
  local pieces = { url.scheme .. "://" .. url.authority }
  append(pieces, url.rest)
  if query[1] then
    pieces[#pieces + 1] = has_query(url) and "&" or "?"
    append(pieces, query)
  end
  return joined(pieces)
end

-- What people see of it: no query and no credentials, where secrets are.
local function describe(method, url)
  local text = method .. " " .. string.gsub(url.authority, "^.*@", "")
  for _, piece in ipairs(url.rest) do
    text = text .. (type(piece) == "string" and piece or "[secret " .. piece.name .. "]")
  end
  return failure.printable(string.match(text, "^[^?]*"), NAME_BYTES)
end

local function check_headers(where, headers, level)
  check_table(where, "headers", headers, level + 1)
  local checked = {}
  for _, name in ipairs(sorted_keys(headers)) do
    if not string.find(name, "^[%w!#$%%&'*+.^_`|~-]+$") then
      error(string.format("%s: headers: %s is no header name", where, failure.got(name):sub(5)), level + 1)
    end
    local pieces = check_scalar(where, "headers." .. name, headers[name], level + 1)
    for _, piece in ipairs(pieces) do
      if type(piece) == "string" and string.find(piece, "[\r\n]") then
        error(string.format("%s: headers.%s: a line break is not allowed", where, name), level + 1)
      end
    end
    checked[name] = joined(pieces)
  end
  return checked
end

local function has_header(headers, wanted)
  for name in pairs(headers) do
    if string.lower(name) == wanted then
      return true
    end
  end
  return false
end

-- The body's text; a `json` body brings its content type.
local function encode_body(where, options, headers, level)
  if options.json == nil then
    local pieces = check_pieces(where, "body", options.body, level + 1)
    if pieces then
      return joined(pieces)
    elseif options.body ~= nil and type(options.body) ~= "string" then
      local text = "%s: body: expected a string (or use the json option), %s"
      error(string.format(text, where, failure.got(options.body)), level + 1)
    end
    return options.body and check_utf8(where, "body", options.body, level + 1)
  elseif options.body ~= nil then
    error(where .. ": give either json or body, not both", level + 1)
  end
  local ok, text = pcall(json.encode, options.json)
  if not ok then
    text = string.gsub(tostring(text), "^json%.encode: value", "json")
    error(where .. ": " .. text, level + 1)
  end
  if not has_header(headers, "content-type") then
    headers["Content-Type"] = "application/json"
  end
  return text
end

-- ---- the answer

---@class HttpResponse
local Response = { __name = "http.response" }
Response.__index = Response

function Response:json()
  local value, message = json.decode(self.body)
  if value == nil then
    local text = "%s: the answer (status %d) is not JSON: %s"
    error(failure.new("http.json", string.format(text, self.request, self.status, message), 2), 0)
  end
  return value
end

---@async
local function send(where, method, address, options, level)
  local url = check_url(where, address, level + 1)
  local query = options.query ~= nil and encode_query(where, options.query, level + 1) or {}
  local headers = options.headers ~= nil and check_headers(where, options.headers, level + 1) or {}
  local timeout = options.timeout
  local args = {
    method = method,
    url = join_url(url, query),
    body = encode_body(where, options, headers, level + 1),
    timeout_ms = timeout ~= nil and duration.check(where .. ": timeout", timeout, level + 1) or nil,
    retry = retry.plan(where .. ": retry", options.retry, level + 1),
  }
  args.headers = next(headers) and headers or nil
  local name = describe(method, url)
  local ok, answer = host.op("http", name, args)
  if not ok then
    error(failure.new(answer.code, name .. ": " .. answer.message, level + 1), 0)
  end
  answer.request = name
  answer.ok = answer.status >= 200 and answer.status <= 299
  return setmetatable(answer, Response)
end

local function declare(method)
  local name = string.lower(method)
  local where = "http." .. name
  ---@async
  M[name] = function(url, options)
    local response = send(where, method, url, failure.options(where, options, OPTIONS, 2), 2)
    return response
  end
end

for _, method in ipairs { "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD" } do
  declare(method)
end

---@async
function M.request(options, url, more)
  local where = "http.request"
  local method = options
  if type(options) == "table" then
    failure.options(where, options, REQUEST, 2)
    method, url = options.method == nil and "GET" or options.method, options.url
  else
    options = failure.options(where, more, OPTIONS, 2)
  end
  local upper = type(method) == "string" and string.upper(method) or method
  if not METHODS[upper] then
    error(where .. ": expected a method such as GET, " .. failure.got(method), 2)
  end
  local response = send(where, upper, url, options, 2)
  return response
end

return M
