// SPDX-License-Identifier: MIT
// agent.ask with the built-in model, sessions and their history, agent triggers through every door.
import { after, test } from "node:test";
import assert from "node:assert/strict";
import { startHost } from "./host.mjs";

const SAYS = /^This is a rehearsal: what speaks here is not a language model\.\n/;
const host = await startHost({
  scripts: {
    "shop/agent.lua": `return trigger {}`,
    "shop/helper.lua": `return trigger { instruction = [[Help {{name | default:"nobody"}}]] }`,
    "shop/ask.lua": `local agent, json = require "agent", require "json"
return trigger { run = function(event)
  local answer, message, code = agent.ask(event.body.ask)
  return answer or { message = message, code = code }
end }`,
    "shop/twice.lua": `local agent, session = require "agent", require "session"
return trigger { run = function(event)
  agent.ask { instruction = "one" }
  agent.ask { instruction = "two" }
  return session.history()
end }`,
    "shop/heard.lua": `local session = require "session"
return trigger { run = function(event) return session.history(event.body.of) end }`,
    "shop/both.lua": `local agent = require "agent"
return trigger { run = function(event, flow)
  local answers = flow.all { function() return agent.ask { instruction = "left" } end, function() return agent.ask { instruction = "right" } end }
  return { answers[1].text, answers[2].text }
end }`,
    "shop/race.lua": `local agent = require "agent"
return trigger { run = function(event, flow)
  return flow.race { function() agent.ask { instruction = "slow" } return "asked" end, function() return "first" end }
end }`,
    "other/heard.lua": `local session = require "session"
return trigger { run = function(event) return session.history(event.body.of) end }`,
  },
});
after(() => host.done());

const fire = async (trigger, body, project = "shop") => {
  const answer = await host.fire(project, trigger, body);
  assert.equal(answer.status, 200, answer.text);
  return answer.json;
};
const deltas = (records) => records.filter((record) => record.type === "text.delta");

test("a trigger without run answers with what the model says to its instruction", async () => {
  const { response } = await fire("agent", { instruction: "Sing of the tide" });
  assert.match(response.text, SAYS);
  assert.match(response.text, /It was told: Sing of the tide$/m);
  assert.deepEqual({ ...response, text: "" }, { text: "", model: "rehearsal", usage: { input_tokens: 0, output_tokens: 0 }, finish: "stop", steps: 1 });
});

test("its instruction may be a template, or nothing", async () => {
  assert.match((await fire("helper", { name: "Ada" })).response.text, /It was told: Help Ada$/m);
  assert.match((await fire("agent", {})).response.text, /It was given no instruction\./);
});

test("the text comes in deltas that add up, and the end has all of it", async () => {
  const instruction = Array.from({ length: 300 }, (_, i) => `wörd${i}`).join(" ");
  const { runId, response } = await fire("agent", { instruction });
  const records = await host.events(runId);
  const parts = deltas(records);
  assert.ok(parts.length > 3, `${parts.length} deltas`);
  assert.deepEqual(parts.map((record) => record.data.part), parts.map((_, i) => i + 1));
  assert.equal(parts.map((record) => record.data.text).join(""), response.text);
  assert.deepEqual(parts[0].step, { n: 1, name: "ask", kind: "agent", attempt: 1 });
  const done = records.find((record) => record.type === "step.completed");
  assert.deepEqual(done.data, response);
  const started = records.find((record) => record.type === "step.started");
  assert.equal(started.data.model, "rehearsal");
  const order = records.map((record) => record.type).filter((type) => type !== "text.delta");
  assert.deepEqual(order, ["run.accepted", "run.started", "step.started", "step.completed", "run.completed"]);
});

test("deltas are joined: none but the last is shorter than 256 bytes unless 25 ms went by", async () => {
  const { runId } = await fire("agent", { instruction: "x".repeat(4000) });
  const parts = deltas(await host.events(runId));
  for (const [i, part] of parts.entries()) {
    if (i === 0 || Buffer.byteLength(part.data.text) >= 256 || i === parts.length - 1) continue;
    assert.ok(Date.parse(part.at) - Date.parse(parts[i - 1].at) >= 24, `delta ${i} is short and early`);
  }
});

test("system, context and a session of its own reach the model", async () => {
  const { response } = await fire("ask", { ask: { instruction: "Hi", system: "You are the sea", context: { order: { id: 1 }, tide: "low" }, temperature: 0.2 } });
  assert.match(response.text, /Its role: You are the sea$/m);
  assert.match(response.text, /It was given: order, tide$/m);
});

test("an unknown model is an answer, not a failed run", async () => {
  const { response } = await fire("ask", { ask: { instruction: "Hi", model: "gpt-0" } });
  assert.equal(response.code, "agent.model");
});

for (const [name, body, why] of [
  ["an instruction that is no text", { instruction: 7 }, /agent\.ask: instruction: expected a string, got the number 7/],
  ["an unknown option", { instrucion: "x" }, /agent\.ask: unknown option "instrucion"/],
  ["an option of later", { tools: [] }, /agent\.ask: tools is not supported yet/],
  ["a temperature out of range", { temperature: 3 }, /agent\.ask: temperature: expected a number from 0 to 2/],
  ["an empty session", { session: "" }, /agent\.ask: session: expected 1 to 256 characters/],
]) {
  test(`${name} raises at the script's line`, async () => {
    const answer = await host.fire("shop", "ask", { ask: body });
    assert.equal(answer.status, 500);
    assert.match(answer.json.message, why);
    assert.equal(answer.json.error.at, "shop/ask.lua:3");
  });
}

test("a session is remembered from run to run, and only within its project", async () => {
  const say = async (instruction) => (await fire("agent", { sessionId: "ses-1", instruction })).response.text;
  assert.match(await say("one"), /heard 0 turns of this session before/);
  assert.match(await say("two"), /heard 1 turn of this session before/);
  assert.match(await say("three"), /heard 2 turns of this session before/);
  const heard = (await fire("heard", { of: "ses-1" })).response;
  assert.deepEqual(heard.map(({ role }) => role), ["user", "assistant", "user", "assistant", "user", "assistant"]);
  assert.deepEqual(heard.filter(({ role }) => role === "user").map(({ text }) => text), ["one", "two", "three"]);
  for (const { text } of heard.filter(({ role }) => role === "assistant")) assert.match(text, SAYS);
  for (const { run, at } of heard) {
    assert.match(run, /^run_/);
    assert.ok(Date.parse(at) > 0);
  }
  assert.deepEqual(Object.keys((await fire("heard", { of: "ses-1" }, "other")).response), []);
});

test("a run hears its own turns", async () => {
  const { response } = await fire("twice", { sessionId: "ses-twice" });
  assert.deepEqual(response.filter(({ role }) => role === "user").map(({ text }) => text), ["one", "two"]);
  assert.match(response[3].text, /heard 1 turn /);
});

test("session = false asks outside of any conversation, another id in that one", async () => {
  assert.doesNotMatch((await fire("ask", { ask: { instruction: "Hi", session: false } })).response.text, /session/);
  await fire("ask", { ask: { instruction: "over there", session: "elsewhere" } });
  assert.equal((await fire("heard", { of: "elsewhere" })).response[0].text, "over there");
});

test("two at once keep their texts apart, and who lost a race is cut off", async () => {
  const { runId, response } = await fire("both", {});
  assert.match(response[0], /told: left$/m);
  assert.match(response[1], /told: right$/m);
  for (const n of [1, 2]) {
    const text = deltas(await host.events(runId)).filter((record) => record.step.n === n).map((record) => record.data.text).join("");
    assert.equal(text, response[n - 1]);
  }
  assert.equal((await fire("race", {})).response, "first");
});

test("an agent trigger answers through every door", async () => {
  const token = await host.newKey("door", "--allow", "project.trigger", "--project", "shop", "--default-project", "shop");
  const bearer = { key: null, headers: { authorization: `Bearer ${token}` } };
  const agent = await host.request("POST", "/api/agent/trigger/", { ...bearer, body: { session_id: "door", instruction: "knock" } });
  const scenario = await host.request("POST", "/api/scenario/shop.agent/trigger", { ...bearer, body: { session_id: "door", instruction: "knock again" } });
  const flow = await host.request("POST", "/api/v1/flow/shop.agent", { ...bearer, body: { inputs: { instruction: "knock thrice" } } });
  assert.match((await host.waitRun(agent.json.data.run_id)).result.text, /told: knock$/m);
  assert.match((await host.waitRun(scenario.json.data.run_id)).result.text, /told: knock again$/m);
  assert.match(flow.json.result.text, /told: knock thrice$/m);
});

test("a kill in the middle: the question is asked again, its deltas begin anew, and it is said once", async () => {
  const started = await host.fireAsync("shop", "agent", { sessionId: "ses-kill", instruction: "y ".repeat(1500) });
  const run = started.json.runId;
  for await (const { json } of host.stream(run)) if (json.type === "text.delta") break;
  await host.kill();
  await host.restart();
  const { result } = await host.waitRun(run);
  const records = await host.events(run);
  const again = deltas(records).findLastIndex((record) => record.data.part === 1);
  assert.ok(again > 0, "a second part 1");
  assert.equal(deltas(records).slice(again).map((record) => record.data.text).join(""), result.text);
  assert.equal(records.filter((record) => record.type === "step.completed").length, 1);
  const heard = (await fire("heard", { of: "ses-kill" })).response;
  assert.equal(heard.length, 2);
});
