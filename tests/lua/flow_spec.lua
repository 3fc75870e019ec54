-- SPDX-License-Identifier: MIT
local S = {}

-- A function that fails its first `times` calls.
local function flaky(times, err)
  local calls = 0
  return function()
    calls = calls + 1
    if calls <= times then
      error(err, 0)
    end
    return "done", calls
  end
end

function S.step_records_its_start_and_its_first_result(t)
  local host = t.host()
  local flow = host.require "flow"
  t.equal({ host.run(function()
    return flow.step("load", function() return { id = 7 }, "more", nil, 4 end)
  end) }, { true, { id = 7 }, "more", nil, 4 })
  t.equal(host.records, {
    { type = "step.started", step = 1, attempt = 1, name = "load", at = 1000000 },
    { type = "step.completed", step = 1, attempt = 1, name = "load", data = { id = 7 }, at = 1000000 },
  })
end

function S.step_does_not_record_what_is_no_json_or_large(t)
  local host = t.host()
  local flow = host.require "flow"
  t.equal({ host.run(function()
    flow.step("function", function() return { f = print } end)
    flow.step("large", function() return string.rep("x", 40000) end)
    return "ok"
  end) }, { true, "ok" })
  t.equal(host.records[2].data, { omitted = "result.f: a function cannot be written as JSON" })
  t.equal(host.records[4].data, { omitted = "a result of 40002 bytes is not recorded" })
end

function S.step_without_retry_raises_the_same_value(t)
  local host = t.host()
  local flow = host.require "flow"
  local err = { code = "shop.closed", message = "the shop is closed" }
  local ok, raised = host.run(function()
    flow.step("order", function() error(err) end)
  end)
  t.equal({ ok, rawequal(raised, err) }, { false, true })
  t.equal(host.record_types(), { "step.started 1", "step.failed 1" })
  t.equal(host.records[2].data, { code = "shop.closed", message = "the shop is closed" })
end

function S.step_error_messages_are_made_fit_for_json(t)
  local host = t.host()
  local flow = host.require "flow"
  host.run(function()
    flow.step("bytes", function() error("bad \xff byte", 0) end)
  end)
  t.equal(host.records[2].data, { message = "bad ? byte" })
end

function S.retry_waits_longer_each_time_and_half_of_it_by_chance(t)
  local host = t.host()
  local flow = host.require "flow"
  t.equal({ host.run(function()
    return flow.step("flaky", flaky(3, "busy"), { retry = 3 })
  end) }, { true, "done", 4 })
  t.equal(host.waits(), { 750, 1500, 3000 })
  t.equal(host.record_types(), {
    "step.started 1", "step.retrying 1", "step.started 2", "step.retrying 2", "step.started 3",
    "step.retrying 3", "step.started 4", "step.completed 4",
  })
  t.equal(host.records[2].data, { delayMs = 750, message = "busy" })
  t.equal(host.now, 1000000 + 750 + 1500 + 3000)
end

function S.retry_keeps_to_its_bounds(t)
  local host = t.host()
  local flow = host.require "flow"
  host.random = 0.999999
  local ok, err = host.run(function()
    flow.step("flaky", flaky(9, "busy"), { retry = { times = 4, first = "100ms", factor = 10, max = "5s" } })
  end)
  t.equal({ ok, err }, { false, "busy" })
  t.equal(host.waits(), { 99, 999, 4999, 4999 })
  t.equal(host.record_types()[10], "step.failed 5")
end

function S.retry_on_lists_the_codes_worth_it(t)
  local host = t.host()
  local flow = host.require "flow"
  local plan = { retry = { times = 5, on = { "busy" } } }
  t.equal({ host.run(function()
    local again = flow.step("busy", flaky(1, { code = "busy", message = "b" }), plan)
    local ok = pcall(flow.step, "broken", flaky(1, { code = "broken", message = "b" }), plan)
    local plain = pcall(flow.step, "text", flaky(1, "a text"), plan)
    return again, ok, plain
  end) }, { true, "done", false, false })
end

function S.timeout_ends_the_step_and_what_it_waits_for(t)
  local host = t.host(function() return nil, nil, 60000 end)
  local flow = host.require "flow"
  local ok, err = host.run(function()
    flow.step("slow", function() flow.sleep "1m" end, { timeout = "2s" })
  end)
  t.equal({ ok, err.code, tostring(err) }, { false, "timeout", 'step "slow" timed out after 2s' })
  t.equal(string.match(err.at, "flow_spec%.lua:%d+$") ~= nil, true)
  t.equal(host.now, 1002000)
  t.equal(host.cancelled, { "1m" })
  t.equal(host.records[2].data, { code = "timeout", message = 'step "slow" timed out after 2s' })
end

function S.timeout_gives_the_results_of_a_step_in_time(t)
  local host = t.host()
  local flow = host.require "flow"
  t.equal({ host.run(function()
    return flow.step("quick", function() flow.sleep "1s" return 1, nil, 3 end, { timeout = "2s" })
  end) }, { true, 1, nil, 3 })
  t.equal(host.cancelled, { "quick (timeout)" })
  t.equal(host.now, 1001000)
end

function S.timeout_takes_no_step_when_nothing_waits(t)
  local host = t.host()
  local flow = host.require "flow"
  t.equal({ host.run(function()
    return flow.step("pure", function() return "now" end, { timeout = "2s" })
  end) }, { true, "now" })
  t.equal({ #host.ops, host.steps }, { 0, 1 })
end

function S.timeout_passes_errors_on(t)
  local host = t.host()
  local flow = host.require "flow"
  local ok, err = host.run(function()
    flow.step("bad", function() error("no", 0) end, { timeout = "2s" })
  end)
  t.equal({ ok, err }, { false, "no" })
end

function S.timeout_counts_for_each_try(t)
  local host = t.host()
  local flow = host.require "flow"
  local tries = 0
  t.equal({ host.run(function()
    return flow.step("slow at first", function()
      tries = tries + 1
      flow.sleep(tries == 1 and "1m" or "1s")
      return tries
    end, { timeout = "2s", retry = 1 })
  end) }, { true, 2 })
  t.equal(host.now, 1000000 + 2000 + 750 + 1000)
end

function S.sleep_asks_for_milliseconds(t)
  local host = t.host()
  local flow = host.require "flow"
  host.run(function()
    flow.sleep "2h"
    flow.sleep_until(1007200 / 1000 + 7200)
    flow.sleep_until "2026-11-21T08:00:00Z"
  end)
  t.equal(host.ops[1].args, { ms = 7200000 })
  t.equal(host.ops[2].args, { until_ms = 8207200 })
  t.equal(host.ops[3].args, { until_ms = 1795248000000 })
  t.equal(host.ops[1].name, "2h")
end

function S.all_runs_at_once_and_answers_in_order(t)
  local host = t.host()
  local flow = host.require "flow"
  t.equal({ host.run(function()
    return flow.all {
      function() flow.sleep "3s" return "a" end,
      function() flow.sleep "1s" return "b" end,
      function() return "c" end,
    }
  end) }, { true, { "a", "b", "c" } })
  t.equal(host.now, 1003000)
end

function S.all_of_nothing_is_nothing(t)
  local host = t.host()
  local flow = host.require "flow"
  t.equal({ host.run(function() return flow.all {} end) }, { true, {} })
end

function S.all_cancels_the_others_at_the_first_error(t)
  local host = t.host()
  local flow = host.require "flow"
  local ok, err = host.run(function()
    flow.all {
      function() flow.sleep "1m" end,
      function() flow.sleep "1s" error({ code = "broken", message = "b" }) end,
      function() flow.sleep "2m" end,
    }
  end)
  t.equal({ ok, err.code }, { false, "broken" })
  t.equal(host.cancelled, { "1m", "2m" })
  t.equal(host.now, 1001000)
end

function S.race_gives_the_first_and_cancels_the_others(t)
  local host = t.host()
  local flow = host.require "flow"
  t.equal({ host.run(function()
    return flow.race {
      function() flow.sleep "3s" return "slow" end,
      function() flow.sleep "1s" return "fast", nil, 2 end,
    }
  end) }, { true, "fast", nil, 2 })
  t.equal(host.cancelled, { "3s" })
end

function S.race_raises_the_error_of_the_first(t)
  local host = t.host()
  local flow = host.require "flow"
  local ok, err = host.run(function()
    flow.race { function() flow.sleep "1s" end, function() error("lost", 0) end }
  end)
  t.equal({ ok, err }, { false, "lost" })
end

function S.log_and_emit_leave_records_without_steps(t)
  local host = t.host()
  local flow = host.require "flow"
  host.run(function()
    flow.log("loaded", { id = 1 })
    flow.emit("progress", { percent = 50 })
  end)
  t.equal(host.records, {
    { type = "log", step = 0, attempt = 0, data = { message = "loaded", data = { id = 1 } }, at = 1000000 },
    {
      type = "step.progress",
      step = 0,
      attempt = 0,
      name = "progress",
      data = { name = "progress", data = { percent = 50 } },
      at = 1000000,
    },
  })
  t.equal(host.steps, 0)
end

function S.fail_ends_the_run(t)
  local host = t.host()
  local flow = host.require "flow"
  t.equal({ host.run(function()
    pcall(flow.fail, "no such order", "order.unknown")
    error "not reached"
  end) }, { false, { code = "order.unknown", message = "no such order" } })
end

function S.misuse_is_said_at_the_line_of_the_script(t)
  local flow = t.host().require "flow"
  local function nothing() end
  t.raises(function() flow.sleep "soon" end, 'flow.sleep: expected a duration such as "30s", got "soon"')
  t.raises(function() flow.sleep(5) end,
    'flow.sleep: expected a duration such as "30s", got the number 5 (for seconds write "5s")')
  t.raises(function() flow.sleep() end, 'flow.sleep: expected a duration such as "30s", got nothing')
  t.raises(function() flow.sleep_until "noon" end,
    'flow.sleep_until: expected a time such as os.time() + 60 or "2030-01-31T08:00:00Z", got "noon"')
  t.raises(function() flow.step(nothing) end, "flow.step: expected a name, got a function")
  t.raises(function() flow.step("a") end, "flow.step: expected a function, got nothing")
  t.raises(function() flow.step("a\nb", nothing) end, "flow.step: a name is one line of at most 200 bytes")
  t.raises(function() flow.step("a", nothing, { retries = 3 }) end,
    'flow.step: unknown option "retries" (known: retry, timeout)')
  t.raises(function() flow.step("a", nothing, { retry = -1 }) end,
    "flow.step: retry: expected how many times to try again (0 to 100), got the number -1")
  t.raises(function() flow.step("a", nothing, { retry = { times = 2, first = "x" } }) end,
    'flow.step: retry.first: expected a duration such as "30s", got "x"')
  t.raises(function() flow.step("a", nothing, { retry = { on = 429 } }) end,
    'flow.step: retry.on: expected a list such as { 429, "timeout" }, got the number 429')
  t.raises(function() flow.step("a", nothing, { timeout = 3 }) end,
    'flow.step: timeout: expected a duration such as "30s", got the number 3 (for seconds write "3s")')
  t.raises(function() flow.all(nothing) end, "flow.all: expected a list of functions, got a function")
  t.raises(function() flow.all { nothing, 3 } end, "flow.all: entry 2: expected a function, got the number 3")
  t.raises(function() flow.all { a = nothing } end, "flow.all: expected a list of functions without names or holes")
  t.raises(function() flow.race {} end, "flow.race: expected at least one function")
  t.raises(function() flow.log { a = 1 } end, "flow.log: expected a message, got a table")
  t.raises(function() flow:log "x" end,
    "flow.log: expected a message, got flow itself (write flow.name(…) with a dot)")
  t.raises(function() flow.emit() end, "flow.emit: expected a name, got nothing")
  t.raises(function() flow.fail() end, "flow.fail: expected a message, got nothing")
  t.raises(function() flow.fail("x", "a b") end, 'flow.fail: expected a code such as "order.unknown", got "a b"')
  t.raises(function() flow.fail("x", string.rep("c", 64)) end,
    'flow.fail: expected a code such as "order.unknown", got "' .. string.rep("c", 64) .. '"')
end

return S
