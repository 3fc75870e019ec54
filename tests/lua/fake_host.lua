-- SPDX-License-Identifier: MIT
-- The `host` table of HOST_MODULE.md, played without a runner: tasks are coroutines, time is a number
-- that jumps to the next answer, and all that a run sends is kept for the spec to look at.
local M = {}

local CANCELLED = { code = "cancelled", message = "the task was cancelled" }

-- answers(kind, name, args, count) -> value | nil, { code =, message = } ; and how many ms it takes.
-- Sleeps are answered by the clock itself.
function M.new(answers)
  local self = { now = 1000000, steps = 0, random = 0.5, ops = {}, records = {}, cancelled = {} }
  local ready, waiting, current, asked = {}, {}, nil, 0
  local host = {}

  local function make_ready(task)
    ready[#ready + 1] = task
  end

  local function settle(task, ok, ...)
    task.ended, task.ok, task.results = true, ok, table.pack(...)
    for _, other in ipairs(waiting) do
      if other.wants == task or other.wants == "any" then
        other.wants = nil
        make_ready(other)
      end
    end
  end

  local function suspend(task, wants)
    task.wants = wants
    waiting[#waiting + 1] = task
    coroutine.yield()
    for i, other in ipairs(waiting) do
      if other == task then
        table.remove(waiting, i)
        break
      end
    end
  end

  function host.spawn(fn, ...)
    local task = { parent = current, arguments = table.pack(...) }
    task.co = coroutine.create(function()
      settle(task, pcall(fn, table.unpack(task.arguments, 1, task.arguments.n)))
    end)
    make_ready(task)
    return task
  end

  function host.join(task)
    while not task.ended do
      suspend(current, task)
    end
    return task.ok, table.unpack(task.results, 1, task.results.n)
  end

  function host.join_any(tasks)
    while true do
      for i, task in ipairs(tasks) do
        if task.ended then
          return i
        end
      end
      suspend(current, "any")
    end
  end

  function host.cancel(task)
    if task.ended then
      return
    end
    for _, other in ipairs { table.unpack(waiting) } do
      if other.parent == task then
        host.cancel(other)
      end
    end
    if task.op then
      self.cancelled[#self.cancelled + 1] = task.op.name
      task.op.cancelled = true
    end
    task.dead = true
    settle(task, false, CANCELLED)
  end

  function host.step()
    self.steps = self.steps + 1
    return self.steps
  end

  function host.op(kind, name, args)
    asked = asked + 1
    local op = { kind = kind, name = name, args = args, step = host.step(), task = current, seq = asked }
    self.ops[#self.ops + 1] = op
    local value, err, ms
    if kind == "sleep" then
      ms = args.ms or math.max(0, args.until_ms - self.now)
    else
      value, err, ms = answers(kind, name, args, asked)
    end
    op.due, op.ok, op.answer = self.now + (ms or 1), err == nil, err or value
    current.op = op
    suspend(current, op)
    current.op = nil
    return op.ok, op.answer
  end

  function host.record(kind, step, attempt, name, data)
    self.records[#self.records + 1] =
      { type = kind, step = step, attempt = attempt, name = name, data = data, at = self.now }
  end

  function host.now()
    return self.now
  end

  function host.random()
    return self.random
  end

  function host.fail(code, message)
    self.failed = { code = code, message = message }
    coroutine.yield("failed")
  end

  local function next_op()
    local best
    for _, task in ipairs(waiting) do
      local op = task.op
      if op and not op.cancelled and not task.dead and task.wants == op then
        if not best or op.due < best.due or (op.due == best.due and op.seq < best.seq) then
          best = op
        end
      end
    end
    return best
  end

  local function turn()
    while #ready > 0 do
      current = table.remove(ready, 1)
      if not current.dead then
        local ok, word = coroutine.resume(current.co)
        assert(ok, word)
        if word == "failed" then
          return false
        end
      end
    end
    return true
  end

  -- Runs fn as the run's first task. Returns what pcall would.
  function self.run(fn)
    local root = host.spawn(fn)
    while not root.ended and turn() do
      local op = not root.ended and next_op()
      if not op then
        break
      end
      self.now = math.max(self.now, op.due)
      op.task.wants = nil
      make_ready(op.task)
    end
    if self.failed then
      return false, self.failed
    end
    assert(root.ended, "the run waits for nothing")
    return root.ok, table.unpack(root.results, 1, root.results.n)
  end

  -- The names of all ops of a kind, and their waits.
  function self.waits()
    local list = {}
    for _, op in ipairs(self.ops) do
      if op.kind == "sleep" then
        list[#list + 1] = op.args.ms
      end
    end
    return list
  end

  function self.record_types()
    local list = {}
    for i, record in ipairs(self.records) do
      list[i] = record.type .. (record.attempt > 0 and " " .. record.attempt or "")
    end
    return list
  end

  -- As lib_secret.c has it, without what it refuses.
  local Secret = { __name = "secret" }

  local function pieces(value)
    return getmetatable(value) == Secret and value or { tostring(value) }
  end

  function Secret.__concat(a, b)
    local all = { table.unpack(pieces(a)) }
    for _, piece in ipairs(pieces(b)) do
      all[#all + 1] = piece
    end
    return setmetatable(all, Secret)
  end

  function self.secret(name)
    return setmetatable({ { name = name } }, Secret)
  end

  function host.secret_parts(value)
    return getmetatable(value) == Secret and { table.unpack(value) } or nil
  end

  local function type_of(value)
    return getmetatable(value) == Secret and "userdata" or type(value)
  end

  local loaded = { json = dofile(M.folder .. "/json.lua") }

  function self.require(name)
    if loaded[name] == nil then
      local path = M.folder .. "/../../lualib/" .. name .. ".lua"
      local env = setmetatable({ require = self.require, type = type_of }, { __index = _G })
      local chunk = assert(loadfile(path, "t", env))
      loaded[name] = chunk(name, host)
    end
    return loaded[name]
  end

  return self
end

return M
