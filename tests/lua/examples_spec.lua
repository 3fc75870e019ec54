-- SPDX-License-Identifier: MIT
-- The example triggers in scripts/, run against the played host.
local S = {}

-- The result of a trigger's run, and the host that played along.
local function run(t, path, event)
  local host = t.host()
  local flow = host.require "flow"
  local env = setmetatable({
    require = host.require,
    trigger = function(declaration)
      return declaration
    end,
  }, { __index = _G })
  local declaration = assert(loadfile(t.root .. "/scripts/" .. path, "t", env))()
  event.runId = "run_1"
  local ok, result = host.run(function()
    return declaration.run(event, flow)
  end)
  return ok, result, host
end

function S.hello_greets_by_name_and_strangers_too(t)
  local ok, result = run(t, "default/hello.lua", { body = { name = "Ada" } })
  t.equal({ ok, string.find(result.greeting, "Ada", 1, true) ~= nil, result.run }, { true, true, "run_1" })
  ok, result = run(t, "default/hello.lua", { body = {} })
  t.equal({ ok, string.find(result.greeting, "stranger", 1, true) ~= nil }, { true, true })
end

function S.push_logs_each_commit_in_a_step(t)
  local ok, result, host = run(t, "github/push.lua", {
    instruction = "summary",
    body = {
      commits = {
        { id = "1f0c0a8d2c5e", message = "Carry the one", added = { "a" }, removed = {}, modified = { "b" } },
        { id = "4d2ab4e76d0d", message = "Explain\n\nmore", author = { name = "Ada" }, removed = { "c" } },
      },
    },
  })
  t.equal({ ok, result }, { true, { summary = "summary", commits = 2, files = 3 } })
  t.equal(host.records[1].name, "commit 1f0c0a8")
  t.equal(host.records[5].data, { message = "Explain", data = { files = 1, author = "Ada" } })
  t.equal(#host.records, 6)
end

function S.refund_pays_after_a_wait(t)
  local ok, result, host = run(t, "support/refund.lua", { body = { ticketId = "T-1029", amount = 20.0 } })
  t.equal({ ok, result.reply, result.receipt.order }, { true, "Sorry about the teapot! 20.00 is on its way.", "O-1029" })
  t.equal(host.now, 1002000)
end

function S.refund_of_more_than_the_price_fails(t)
  local ok, err = run(t, "support/refund.lua", { body = { ticketId = "T-1", amount = 99 } })
  t.equal({ ok, err.code }, { false, "refund.too_much" })
end

function S.slow_emits_progress_while_the_tide_comes_in(t)
  local ok, result, host = run(t, "ops/slow.lua", { body = { seconds = 4 } })
  t.equal({ ok, result.ticks, result.tide }, { true, 4, "in, on try 3" })
  local percents = {}
  for _, record in ipairs(host.records) do
    if record.type == "step.progress" then
      percents[#percents + 1] = record.data.data.percent
    end
  end
  t.equal(percents, { 25, 50, 75, 100 })
  t.equal(host.now, 1004000)
end

return S
