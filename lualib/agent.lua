-- SPDX-License-Identifier: MIT
-- agent: questions to a language model, each one a step. What is said is kept with the run's session,
-- and the model is told what was said there before.
local _, host = ...
local failure = require "failure"

local M = {}

local OPTIONS = {
  instruction = true,
  system = true,
  model = true,
  session = true,
  context = true,
  temperature = true,
}
local LATER = { tools = true, max_steps = true, schema = true }

local function check_string(name, value, level)
  if value ~= nil and type(value) ~= "string" then
    error(string.format("agent.ask: %s: expected a string, %s", name, failure.got(value)), level + 1)
  end
  return value
end

local function check_session(value, level)
  local count = type(value) == "string" and utf8.len(value)
  if value == nil or value == false or (count and count >= 1 and count <= 256) then
    return value
  end
  local text = "agent.ask: session: expected 1 to 256 characters, or false for none, "
  error(text .. failure.got(value), level + 1)
end

local function check_temperature(value, level)
  if value == nil or (type(value) == "number" and value >= 0 and value <= 2) then
    return value
  end
  error("agent.ask: temperature: expected a number from 0 to 2, " .. failure.got(value), level + 1)
end

local function check_context(value, level)
  if value == nil or type(value) == "table" then
    return value
  end
  error("agent.ask: context: expected a table of named values, " .. failure.got(value), level + 1)
end

local function check_options(options, level)
  if type(options) ~= "table" then
    error("agent.ask: expected a table such as { instruction = … }, " .. failure.got(options), level + 1)
  end
  for name in pairs(options) do
    if LATER[name] then
      error("agent.ask: " .. name .. " is not supported yet", level + 1)
    end
  end
  return failure.options("agent.ask", options, OPTIONS, level + 1)
end

---@async
function M.ask(options)
  options = check_options(options, 2)
  local args = {
    instruction = check_string("instruction", options.instruction, 2),
    system = check_string("system", options.system, 2),
    model = check_string("model", options.model, 2),
    session = check_session(options.session, 2),
    context = check_context(options.context, 2),
    temperature = check_temperature(options.temperature, 2),
  }
  local ok, answer = host.op("agent", "ask", args)
  if not ok then
    return nil, answer.message, answer.code
  end
  return answer
end

return M
