-- SPDX-License-Identifier: MIT
-- What `retry` means: 3, or { times = 5, first = "1s", factor = 2, max = "1m", on = { 429, "timeout" } }.
-- `times` counts the tries after the first one.
local _, host = ...
local duration = require "duration"
local failure = require "failure"

local M = {}

local TIMES_MAX = 100
local KNOWN = { times = true, first = true, factor = true, max = true, on = true }

local function check_times(where, times, level)
  if math.type(times) ~= "integer" or times < 0 or times > TIMES_MAX then
    local text = "%s: expected how many times to try again (0 to %d), %s"
    error(string.format(text, where, TIMES_MAX, failure.got(times)), level + 1)
  end
  return times
end

local function check_factor(where, factor, level)
  if type(factor) ~= "number" or not (factor >= 1 and factor <= 100) then
    error(where .. ".factor: expected a number from 1 to 100, " .. failure.got(factor), level + 1)
  end
  return factor
end

local function check_on(where, on, level)
  if type(on) ~= "table" or #on == 0 then
    error(where .. '.on: expected a list such as { 429, "timeout" }, ' .. failure.got(on), level + 1)
  end
  for _, reason in ipairs(on) do
    if math.type(reason) ~= "integer" and type(reason) ~= "string" then
      error(where .. ".on: expected statuses and codes, " .. failure.got(reason), level + 1)
    end
  end
  return on
end

---@class RetryPlan
---@field times integer tries after the first
---@field first_ms integer
---@field factor number
---@field max_ms integer
---@field on? (integer|string)[] nil: whatever the reason

---Raises at `level` of the caller what is wrong with it.
---@param where string such as "http.get: retry"
---@param value any
---@param level integer
---@return RetryPlan|nil plan nil when `value` is nil
function M.plan(where, value, level)
  if value == nil then
    return nil
  end
  if type(value) ~= "table" then
    value = { times = value }
  end
  failure.options(where, value, KNOWN, level + 1)
  local first = value.first == nil and "1s" or value.first
  local max = value.max == nil and "1m" or value.max
  return {
    times = check_times(where, value.times == nil and 3 or value.times, level + 1),
    first_ms = duration.check(where .. ".first", first, level + 1),
    factor = check_factor(where, value.factor == nil and 2 or value.factor, level + 1),
    max_ms = duration.check(where .. ".max", max, level + 1),
    on = value.on ~= nil and check_on(where, value.on, level + 1) or nil,
  }
end

local function is_listed(list, reason)
  for _, entry in ipairs(list) do
    if entry == reason then
      return true
    end
  end
  return false
end

---How long to wait before the next try. Half of it is chance, so that many runs that failed
---together do not come back together.
---@param plan RetryPlan
---@param attempt integer the one that failed, from 1
---@param reason string|nil its code
---@return integer|nil ms nil: give up
function M.delay(plan, attempt, reason)
  if attempt > plan.times or (plan.on and not is_listed(plan.on, reason)) then
    return nil
  end
  local delay = math.min(plan.first_ms * plan.factor ^ (attempt - 1), plan.max_ms)
  return math.floor(delay / 2 + delay / 2 * host.random())
end

return M
