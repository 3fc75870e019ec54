-- SPDX-License-Identifier: MIT
-- flow: what a run can do with its time. It is the second argument of `run`, and `require "flow"`.
local _, host = ...
local duration = require "duration"
local failure = require "failure"
local json = require "json"
local retry = require "retry"

local M = {}

local NAME_BYTES = 200
local CODE_BYTES = 63 -- of an error's code
local RECORD_BYTES = 32768 -- the largest result of a group that its record shows
local STEP_OPTIONS = { retry = true, timeout = true }

-- ---- what scripts get wrong, said at their line: `level` counts from the caller's caller

local function got(value)
  if value == M then
    return "got flow itself (write flow.name(…) with a dot)"
  end
  return failure.got(value)
end

local function check_text(where, what, value, level)
  if type(value) ~= "string" or value == "" then
    error(string.format("%s: expected %s, %s", where, what, got(value)), level + 1)
  end
end

local function check_name(where, name, level)
  check_text(where, "a name", name, level + 1)
  if #name > NAME_BYTES or not utf8.len(name) or string.find(name, "%c") then
    local text = "%s: a name is one line of at most %d bytes"
    error(string.format(text, where, NAME_BYTES), level + 1)
  end
end

local function check_function(where, value, level)
  if type(value) ~= "function" then
    error(string.format("%s: expected a function, %s", where, got(value)), level + 1)
  end
end

local function check_functions(where, list, level)
  if type(list) ~= "table" then
    error(string.format("%s: expected a list of functions, %s", where, got(list)), level + 1)
  end
  for key, value in pairs(list) do
    if math.type(key) ~= "integer" or key < 1 or key > #list then
      error(where .. ": expected a list of functions without names or holes", level + 1)
    end
    check_function(where .. ": entry " .. key, value, level + 1)
  end
end

-- ---- groups

-- The answer of a waiting group's function, or a failure when the time is over first.
local function run_timed(name, fn, timeout)
  local ended = false
  local work = host.spawn(function()
    local results = table.pack(pcall(fn))
    ended = true
    return table.unpack(results, 1, results.n)
  end)
  local timer = host.spawn(function()
    if not ended then -- it never waited: no timer is needed
      host.op("sleep", name .. " (timeout)", { ms = timeout.ms })
    end
  end)
  if host.join_any({ work, timer }) == 1 then
    host.cancel(timer)
    return select(2, host.join(work))
  end
  host.cancel(work)
  local text = 'step "%s" timed out after %s'
  return false, failure.new("timeout", string.format(text, name, timeout.text), 3)
end

-- What the record of a finished group shows. Nothing depends on it: a replay runs the group again.
local function recordable(value)
  if value == nil or type(value) == "boolean" then
    return value
  end
  local ok, text = pcall(json.encode, value)
  if not ok then
    return { omitted = (string.gsub(tostring(text), "^json%.encode: value", "result")) }
  elseif #text > RECORD_BYTES then
    return { omitted = string.format("a result of %d bytes is not recorded", #text) }
  end
  return value
end

-- One try: true and the results, or false and what was raised.
local function run_once(name, fn, timeout)
  if timeout then
    return run_timed(name, fn, timeout)
  end
  return pcall(fn)
end

local function run_group(name, fn, plan, timeout)
  local n, attempt = host.step(), 1
  while true do
    host.record("step.started", n, attempt, name, nil)
    local results = table.pack(run_once(name, fn, timeout))
    if results[1] then
      host.record("step.completed", n, attempt, name, recordable(results[2]))
      return table.unpack(results, 2, results.n)
    end
    local code, message = failure.read(results[2])
    local delay = plan and retry.delay(plan, attempt, code)
    if not delay then
      host.record("step.failed", n, attempt, name, { code = code, message = message })
      error(results[2], 0)
    end
    local why = { delayMs = delay, code = code, message = message }
    host.record("step.retrying", n, attempt, name, why)
    host.op("sleep", name .. " (retry)", { ms = delay })
    attempt = attempt + 1
  end
end

---@async
function M.step(name, fn, options)
  check_name("flow.step", name, 2)
  check_function("flow.step", fn, 2)
  options = failure.options("flow.step", options, STEP_OPTIONS, 2)
  local plan = retry.plan("flow.step: retry", options.retry, 2)
  local timeout
  if options.timeout ~= nil then
    local ms = duration.check("flow.step: timeout", options.timeout, 2)
    timeout = { ms = ms, text = options.timeout }
  end
  return run_group(name, fn, plan, timeout)
end

-- ---- time

-- A sleep only fails when the host refuses it.
local function sleep(where, name, args)
  local ok, err = host.op("sleep", name, args)
  if not ok then
    error(failure.new(err.code, where .. ": " .. err.message, 3), 0)
  end
end

---@async
function M.sleep(time)
  sleep("flow.sleep", tostring(time), { ms = duration.check("flow.sleep", time, 2) })
end

---@async
function M.sleep_until(time)
  local ms
  if type(time) == "number" and time >= 0 and time < 1e12 then
    ms = math.floor(time * 1000)
  elseif type(time) == "string" then
    ms = duration.moment(time)
  end
  if not ms then
    local text = 'flow.sleep_until: expected a time such as os.time() + 60 or "2030-01-31T08:00:00Z", %s'
    error(string.format(text, got(time)), 2)
  end
  sleep("flow.sleep_until", "until " .. tostring(time), { until_ms = ms })
end

-- ---- several at once

local function spawn_all(list)
  local tasks = {}
  for i, fn in ipairs(list) do
    tasks[i] = host.spawn(fn)
  end
  return tasks
end

local function cancel_all(tasks)
  for _, task in ipairs(tasks) do
    host.cancel(task)
  end
end

---@async
function M.all(list)
  check_functions("flow.all", list, 2)
  local waiting, places, results = spawn_all(list), {}, {}
  for i = 1, #waiting do
    places[i] = i
  end
  while #waiting > 0 do
    local i = host.join_any(waiting)
    local task, place = table.remove(waiting, i), table.remove(places, i)
    local ok, result = host.join(task)
    if not ok then
      cancel_all(waiting)
      error(result, 0)
    end
    results[place] = result
  end
  return results
end

---@async
function M.race(list)
  check_functions("flow.race", list, 2)
  if #list == 0 then
    error("flow.race: expected at least one function", 2)
  end
  local tasks = spawn_all(list)
  local winner = table.remove(tasks, host.join_any(tasks))
  cancel_all(tasks)
  local results = table.pack(host.join(winner))
  if not results[1] then
    error(results[2], 0)
  end
  return table.unpack(results, 2, results.n)
end

-- ---- what people see

function M.log(message, data)
  check_text("flow.log", "a message", message, 2)
  host.record("log", 0, 0, nil, { message = message, data = data })
end

function M.emit(name, data)
  check_name("flow.emit", name, 2)
  host.record("step.progress", 0, 0, name, { name = name, data = data })
end

function M.fail(message, code)
  check_text("flow.fail", "a message", message, 2)
  local is_word = type(code) == "string" and #code <= CODE_BYTES and string.find(code, "^[%w_.-]+$")
  if code ~= nil and not is_word then
    local text = 'flow.fail: expected a code such as "order.unknown", %s'
    error(string.format(text, got(code)), 2)
  end
  host.fail(code or "script.fail", message)
end

return M
