// SPDX-License-Identifier: MIT
// Kills while a model speaks: of the runners, whose run is rebuilt under the words that come, and of the host, which asks again.
import { readFileSync } from "node:fs";
import { test } from "node:test";
import assert from "node:assert/strict";
import { startHost } from "../api/host.mjs";

const children = (pid) => readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
const scripts = {
  "a/agent.lua": `return trigger {}`,
  "a/two.lua": `local agent = require "agent"
return trigger { run = function(event, flow)
  local answers = flow.all {
    function() return agent.ask { instruction = "left " .. event.body.text, session = "left" } end,
    function() return agent.ask { instruction = "right", session = "right" } end,
  }
  return { answers[1].text, answers[2].text }
end }`,
  "a/heard.lua": `local session = require "session"
return trigger { run = function(event) return #session.history(event.body.of) end }`,
};
const text = "word ".repeat(700);
const joined = (records, step) => records.filter((r) => r.type === "text.delta" && r.step.n === step).map((r) => r.data.text).join("");

// The records up to the nth delta, by a reader that then hangs up.
async function until(host, run, n) {
  for await (const { json } of host.stream(run)) if (json.type === "text.delta" && --n === 0) return;
}

test("runners killed while two models speak: both texts are whole, no delta is doubled or out of order", async (t) => {
  const host = await startHost({ t, scripts, args: ["--runners", "1"] });
  const { runId } = (await host.fireAsync("a", "two", { text })).json;
  for (const n of [1, 4, 8]) {
    await until(host, runId, n);
    const replaced = host.nextLog(/was replaced/);
    process.kill(children(host.pid)[0], "SIGKILL");
    await replaced;
  }
  const { result, status } = await host.waitRun(runId);
  const records = await host.events(runId);
  assert.equal(status, "completed");
  assert.deepEqual(records.map((record) => record.seq), records.map((_, i) => i + 1));
  for (const step of [1, 2]) {
    const said = joined(records, step);
    assert.ok(said.length > 0 && result[step - 1].startsWith(said), `the deltas of step ${step} are the beginning of its text`);
    assert.equal(records.filter((record) => record.type === "step.completed" && record.step.n === step).length, 1);
  }
  assert.ok(records.some((record) => record.type === "run.resumed"));
});

test("the host killed five times while a model speaks: one answer, said once in its session", async (t) => {
  const host = await startHost({ t, scripts });
  const { runId } = (await host.fireAsync("a", "agent", { sessionId: "s", instruction: text })).json;
  for (let i = 0; i < 5; i++) {
    const from = (await host.getRun(runId)).seq;
    for await (const { json } of host.stream(runId, { lastEventId: from })) if (json.type === "text.delta" || json.type === "run.completed") break;
    await host.kill();
    await host.restart();
  }
  const { result, status } = await host.waitRun(runId);
  assert.equal(status, "completed");
  const records = await host.events(runId);
  const last = records.findLastIndex((record) => record.type === "text.delta" && record.data.part === 1);
  assert.equal(joined(records.slice(last), 1), result.text);
  assert.match(result.text, /heard 0 turns/);
  assert.equal((await host.fire("a", "heard", { of: "s" })).json.response, 2);
});

test("the host stopped in good order while a model speaks: the next one asks again", async (t) => {
  const host = await startHost({ t, scripts, args: ["--drain-timeout", "1s"] });
  const { runId } = (await host.fireAsync("a", "agent", { sessionId: "s", instruction: text })).json;
  for (let i = 0; i < 3; i++) {
    await until(host, runId, 1);
    await host.restart();
  }
  const { result, status } = await host.waitRun(runId);
  assert.equal(status, "completed");
  assert.match(result.text, /heard 0 turns/);
});
