-- SPDX-License-Identifier: MIT
local S = {}

local function asking(t, answer, err)
  local host = t.host(function()
    return answer, err
  end)
  return host, host.require "agent"
end

function S.ask_hands_its_options_over_as_they_are(t)
  local host, agent = asking(t, { text = "hi", model = "rehearsal" })
  local options = { instruction = "a", system = "b", model = "c", session = "d", context = { e = 1 }, temperature = 0.5 }
  local ok, answer = host.run(function()
    return agent.ask(options)
  end)
  t.equal({ ok, answer.text, #host.ops }, { true, "hi", 1 })
  t.equal({ host.ops[1].kind, host.ops[1].name }, { "agent", "ask" })
  t.equal(host.ops[1].args, options)
end

function S.ask_needs_nothing_and_session_may_be_off(t)
  local host, agent = asking(t, {})
  host.run(function()
    agent.ask {}
    agent.ask { session = false }
  end)
  t.equal({ host.ops[1].args, host.ops[2].args }, { {}, { session = false } })
end

function S.ask_answers_failures_with_nil_message_and_code(t)
  local host, agent = asking(t, nil, { code = "agent.model", message = "no such model" })
  t.equal(table.pack(host.run(function()
    return agent.ask { model = "x" }
  end)), { true, nil, "no such model", "agent.model", n = 4 })
end

function S.ask_refuses_what_it_does_not_know_at_the_callers_line(t)
  local host, agent = asking(t, {})
  for _, row in ipairs {
    { nil, "agent.ask: expected a table such as { instruction = … }, got nothing" },
    { "hi", 'agent.ask: expected a table such as { instruction = … }, got "hi"' },
    { { instruction = 7 }, "agent.ask: instruction: expected a string, got the number 7" },
    { { session = "" }, 'agent.ask: session: expected 1 to 256 characters, or false for none, got ""' },
    { { session = true }, "agent.ask: session: expected 1 to 256 characters, or false for none, got the boolean true" },
    { { context = "x" }, 'agent.ask: context: expected a table of named values, got "x"' },
    { { temperature = 2.5 }, "agent.ask: temperature: expected a number from 0 to 2, got the number 2.5" },
    { { tools = {} }, "agent.ask: tools is not supported yet" },
  } do
    local _, _, message = host.run(function()
      return pcall(agent.ask, row[1])
    end)
    t.equal(message, row[2])
    local ok, err = host.run(function()
      agent.ask(row[1])
    end)
    t.equal({ ok, string.find(err, "agent_spec.lua:", 1, true) ~= nil }, { false, true })
  end
  t.equal(#host.ops, 0)
end

function S.history_is_what_was_said(t)
  local host = t.host(function()
    return { messages = { { role = "user", text = "hi" } } }
  end)
  local session = host.require "session"
  local ok, messages = host.run(function()
    session.history "other"
    return session.history()
  end)
  t.equal({ ok, messages }, { true, { { role = "user", text = "hi" } } })
  t.equal({ host.ops[1].args, host.ops[2].args }, { { session = "other" }, {} })
  t.equal({ host.ops[1].kind, host.ops[1].name }, { "session", "history" })
end

function S.history_refuses_an_empty_id_and_raises_failures(t)
  local host = t.host(function()
    return nil, { code = "store_unavailable", message = "the disk is full" }
  end)
  local session = host.require "session"
  local _, _, empty = host.run(function()
    return pcall(session.history, "")
  end)
  t.equal(empty, 'session.history: expected a session id of 1 to 256 characters, got ""')
  local ok, err = host.run(session.history)
  t.equal({ ok, err.code, err.message }, { false, "store_unavailable", "session.history: the disk is full" })
end

return S
