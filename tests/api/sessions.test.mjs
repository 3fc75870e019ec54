// SPDX-License-Identifier: MIT
// Sessions: the conversation that a run belongs to. It is made by the first use of an id, is the project's own, grows with every turn in
// every dialect, and outlives the host. What one run hears of its own is in ask.test.mjs.
import { after, test } from "node:test";
import assert from "node:assert/strict";
import { startHost } from "./host.mjs";
import { openDoors, said } from "./doors.mjs";
import { gateServer } from "./servers.mjs";

const gate = await gateServer();
const heard = `local session = require "session"
return trigger { run = function(event) return { turns = session.history(event.body.of) } end }`;
const host = await startHost({
  args: ["--egress-allow", gate.address],
  scripts: {
    "one/agent.lua": `return trigger {}`,
    "two/agent.lua": `return trigger { session = "parallel" }`,
    "one/heard.lua": heard,
    "two/heard.lua": heard,
    // Flow and webhook have no session of their own in their contract: a workflow takes it from an input.
    "named/agent.lua": `local agent = require "agent"
return trigger { run = function(event) return agent.ask { instruction = event.inputs.say, session = event.inputs.conversation } end }`,
    "held/agent.lua": `local http = require "http"
return trigger { run = function(event) return { http.get(event.body.url):json(), event.sessionId } end }`,
  },
});
after(async () => {
  await host.done();
  gate.close();
});
const kit = await openDoors(host, ["one", "two", "named", "held"]);

// The run behind an answer: what it was told before, and its session.
async function turn(door, project, inputs) {
  const answer = said(door, await kit.send(door, project, { inputs }));
  const run = await host.waitRun(answer.run);
  assert.equal(run.status, "completed", JSON.stringify(run.error));
  return { run, before: Number(/heard (\d+) turns? of this session/.exec(run.result.text)?.[1]), text: run.result.text };
}
const history = async (project, of) => [...(await host.fire(project, "heard", { of })).json.response.turns].map(({ role, text, run }) => ({ role, text, run }));
const field = { agent: "session_id", scenario: "session_id", project: "sessionId", native: "sessionId" };

test("agent, scenario, project, native: calls of one session hear each other, in order, and its runs are found by it", async () => {
  await Promise.all(Object.keys(field).map(async (door) => {
    const id = `of ${door} \u{1f319}`;
    const runs = [];
    for (const [n, word] of ["one", "two", "three"].entries()) {
      const inputs = { [field[door]]: id, instruction: word };
      if (door === "scenario") delete inputs.instruction; // it has none: see agent.test.mjs
      const { run, before } = await turn(door, "one", inputs);
      assert.deepEqual([before, run.sessionId], [n, id]);
      runs.unshift(run.runId);
    }
    const turns = await history("one", id);
    assert.deepEqual(turns.map(({ role }) => role), ["user", "assistant", "user", "assistant", "user", "assistant"]);
    assert.deepEqual(turns.filter(({ role }) => role === "user").map(({ run }) => run), [...runs].reverse());
    if (door !== "scenario") assert.deepEqual(turns.filter(({ role }) => role === "user").map(({ text }) => text), ["one", "two", "three"]);
    const { items } = (await host.request("GET", `/v1/runs?project=one&session=${encodeURIComponent(id)}`)).json;
    assert.deepEqual(items.map(({ runId }) => runId), runs);
  }));
});

for (const door of ["flow", "webhook"]) {
  test(`${door}: a conversation that an input names goes on from call to call; without one each call is a session of its own`, async () => {
    for (const n of [0, 1]) assert.equal((await turn(door, "named", { say: `turn ${n}`, conversation: `in ${door}` })).before, n);
    const [first, second] = await Promise.all([turn(door, "one", { instruction: "Hi" }), turn(door, "one", { instruction: "Hi" })]);
    assert.deepEqual([first.before, second.before], [0, 0]);
    assert.match(first.text, /It was told: Hi$/m);
    assert.match(first.run.sessionId, /^ses_/);
    assert.notEqual(first.run.sessionId, second.run.sessionId);
  });
}

test("a session goes on from one dialect to the next", async () => {
  let n = 0;
  for (const door of ["agent", "project", "scenario", "native"]) assert.equal((await turn(door, "one", { [field[door]]: "passed on", instruction: "x" })).before, n++);
});

test("a session is of its project: the same id elsewhere is another", async () => {
  assert.equal((await turn("project", "one", { sessionId: "same id", instruction: "here" })).before, 0);
  assert.equal((await turn("project", "two", { sessionId: "same id", instruction: "there" })).before, 0);
  assert.equal((await turn("agent", "two", { session_id: "same id", instruction: "there again" })).before, 1);
  const words = async (project) => (await history(project, "same id")).filter(({ role }) => role === "user").map(({ text }) => text);
  assert.deepEqual([await words("one"), await words("two")], [["here"], ["there", "there again"]]);
});

test("a session's id is exact: case, blanks and forms of a letter count", async () => {
  const ids = ["S", "s", "s ", "\u00e9", "e\u0301"];
  const turns = await Promise.all(ids.map((id) => turn("project", "one", { sessionId: id, instruction: "x" })));
  assert.deepEqual(turns.map(({ before }) => before), ids.map(() => 0));
});

test("a session outlives the host", async () => {
  await turn("agent", "one", { session_id: "lasting", instruction: "before" });
  await host.restart();
  assert.equal((await turn("project", "one", { sessionId: "lasting", instruction: "after" })).before, 1);
});

test("two runs of one session go side by side", async () => {
  const [first, second] = [gate.next(), gate.next()];
  const fire = (n) => host.fire("held", "agent", { sessionId: "both", url: gate.url, n });
  const one = fire(1);
  const callOne = await first;
  const two = fire(2);
  (await second).answer("second"); // it is here while the first waits
  assert.deepEqual((await two).json.response, ["second", "both"]);
  callOne.answer("first");
  assert.deepEqual((await one).json.response, ["first", "both"]);
});

test("session = queue or reject is refused by name until it is true", async () => {
  for (const word of ["queue", "reject"]) {
    const told = host.nextLog(/two\/later\.lua:1: session: "(queue|reject)" is not supported yet/);
    await host.write("two/later.lua", `return trigger { session = "${word}", run = function() end }`);
    assert.match(await told, new RegExp(word));
  }
});
