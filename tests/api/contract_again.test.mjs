// SPDX-License-Identifier: MIT
// Time at every address that starts a run: waiting and its end, callers that hang up, failed runs, the same request again.
import { after, test } from "node:test";
import assert from "node:assert/strict";
import { open, startHost } from "./host.mjs";
import { doors, openDoors, rules, said } from "./doors.mjs";
import { gateServer } from "./servers.mjs";

const gate = await gateServer();
const held = (fields = "") => `local http = require "http"
return trigger { ${fields} run = function(event) return http.get(event.body.url, { timeout = "1m" }):json() end }`;
const host = await startHost({
  args: ["--egress-allow", gate.address, "--limits-flow-wait", "150ms", "--limits-webhook-wait", "150ms"],
  scripts: {
    "plain/agent.lua": `return trigger { run = function(event) return { n = event.body.n, random = math.random(1e9) } end }`,
    "second/agent.lua": `return trigger { run = function(event) return { n = event.body.n } end }`,
    "late/agent.lua": held(`wait = "150ms",`),
    "held/agent.lua": held(),
    "never/agent.lua": `return trigger { wait = false, run = function(event) return "in its own time" end }`,
    "fails/agent.lua": `return trigger { run = function(event, flow) flow.fail("out of tea " .. math.random(1e9), "tea.out") end }`,
    "once/agent.lua": `return trigger { unique = true, run = function(event) return event.body.n end }`,
    "oncefails/agent.lua": `return trigger { unique = true, run = function(event) error("no") end }`,
    "picky/agent.lua": `return trigger { unique = true, input = { n = { type = "integer", max = 5 } }, filter = { { "n", "<", 3 } }, run = function(event) return event.body.n end }`,
  },
});
after(async () => {
  await host.done();
  gate.close();
});
const kit = await openDoors(host, ["plain", "second", "late", "held", "never", "fails", "once", "oncefails", "picky"]);
const waiting = ["flow", "webhook", "project", "native"]; // agent and scenario never wait
const is = (answer, status, code, why) => assert.deepEqual([answer.status, answer.code], [status, code], `${why}: ${JSON.stringify(answer)}`);

// ---- waiting

for (const door of waiting) {
  test(`${door}: what is not done in time is told so, leads to the run, and goes on`, async () => {
    const call = gate.next();
    const answer = await kit.send(door, "late", { inputs: { url: gate.url } });
    const run = answer.headers["x-run-id"];
    assert.equal(answer.headers.location, `/v1/runs/${run}`);
    if (door === "project") assert.deepEqual([answer.status, answer.json.status, answer.json.code, answer.json.runId], [408, 408, "wait_timeout", run]);
    else if (door === "native") assert.deepEqual([answer.status, answer.json.runId, answer.json.result], [202, run, null]);
    else assert.equal(`${answer.status} ${answer.text}`, `202 {"ok":true,"runId":"${run}","result":null,"error":null,"status":"running"}`);
    assert.equal((await host.getRun(run)).finishedAt, null);
    (await call).answer({ late: door });
    assert.deepEqual((await host.waitRun(run)).result, { late: door });
  });

  test(`${door}: wait = false is 202 at once`, async () => {
    const answer = await kit.send(door, "never", {});
    assert.equal(answer.status, 202);
    assert.equal((await host.waitRun(answer.headers["x-run-id"])).result, "in its own time");
  });
}

for (const door of doors) {
  test(`${door}: a caller that hangs up cancels nothing`, async () => {
    const call = gate.next();
    const hangUp = new AbortController();
    const { where, options } = kit.request(door, "held", { inputs: { url: gate.url } });
    const gone = open("POST", host.url + where, { ...options, signal: hangUp.signal }).then(({ message }) => message.destroy(), () => {});
    const { run, answer } = await call;
    hangUp.abort();
    await gone;
    answer({ still: door });
    const end = await host.waitRun(run);
    assert.deepEqual([end.status, end.result], ["completed", { still: door }]);
  });

  test(`${door}: a failed run is told as its dialect tells it`, async () => {
    const answer = await kit.send(door, "fails");
    const run = answer.headers["x-run-id"];
    const { error } = await host.waitRun(run);
    assert.deepEqual([error.code, error.at], ["tea.out", "fails/agent.lua:1"]);
    if (door === "agent" || door === "scenario") assert.deepEqual([answer.status, answer.json.reason], [202, "dispatched"]);
    else if (door === "flow" || door === "webhook") assert.deepEqual([answer.status, answer.json], [200, { ok: false, runId: run, result: null, error: error.message }]);
    else assert.deepEqual([answer.status, answer.json.code, answer.json.runId, answer.json.error], [500, "run_failed", run, error]);
  });
}

test("flow and webhook: all four fields are there in every answer, and no other but status and code", async () => {
  const call = gate.next();
  for (const door of ["flow", "webhook"]) {
    for (const [project, more, extra] of [
      ["plain", {}, []], ["fails", {}, []], ["never", {}, ["status"]], ["plain", { credential: "wrong" }, ["code"]], ["plain", { raw: "{" }, ["code"]], ["plain", { method: "PUT" }, ["code"]],
      ["plain", { headers: { "content-type": "text/plain" } }, ["code"]], ["picky", { inputs: { n: 9 } }, ["code"]], ["picky", { inputs: { n: 4 } }, ["code"]],
    ]) {
      const answer = await kit.send(door, project, more);
      assert.deepEqual(Object.keys(answer.json), ["ok", "runId", "result", "error", ...extra], `${door} ${project} ${answer.text}`);
      assert.equal(answer.json.ok, answer.json.error === null);
    }
  }
  const answer = await kit.send("flow", "late", { inputs: { url: gate.url } });
  assert.deepEqual(Object.keys(answer.json), ["ok", "runId", "result", "error", "status"]);
  (await call).answer({});
});

// ---- native: Prefer and Accept

test("native: Prefer goes over the trigger's wait, in every way that it may be written", async () => {
  for (const [prefer, status, project] of [
    ["respond-async", 202, "plain"], ["Respond-Async", 202, "plain"], ["respond-async; x=1", 202, "plain"], ["foo, respond-async", 202, "plain"],
    ["wait=20", 200, "never"], ["Wait = 20", 200, "never"], ["wait=20; foo=bar", 200, "never"], ["respond-async, wait=20", 200, "never"], ["wait=20, wait=0", 200, "never"],
    ["wait=99999999", 200, "never"], ["wait=0", 202, "plain"], ["wait=x", 200, "plain"], ["wait", 200, "plain"], ["wait=-1", 200, "plain"], ["", 200, "plain"], ["handling=lenient", 200, "plain"],
  ]) {
    const answer = await kit.send("native", project, { headers: { prefer } });
    assert.equal(answer.status, status, `${prefer}: ${answer.text}`);
    assert.deepEqual(Object.keys(answer.json), ["runId", "sessionId", "status", "result", "streamUrl"]);
    assert.equal(answer.headers.location, status === 202 ? `/v1/runs/${answer.json.runId}` : undefined);
    await host.waitRun(answer.json.runId);
  }
});

test("native: Accept: text/event-stream is answered with the run's stream, up to its end", async () => {
  const types = (text) => [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data).type);
  for (const accept of ["text/event-stream", "text/event-stream, application/json", "Text/Event-Stream; q=0.9"]) {
    const answer = await kit.send("native", "plain", { headers: { accept, "idempotency-key": "stream-1" } });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers["content-type"], "text/event-stream");
    assert.match(answer.text, /^retry: \d+\n\n/);
    assert.deepEqual(types(answer.text), ["run.accepted", "run.started", "run.completed"]);
    assert.equal(answer.headers.location, `/v1/runs/${answer.headers["x-run-id"]}`);
  }
  const failed = await kit.send("native", "fails", { headers: { accept: "text/event-stream" } });
  assert.deepEqual([failed.status, types(failed.text).at(-1)], [200, "run.failed"]);
  for (const accept of ["application/json, text/event-stream", "*/*", "text/html"])
    assert.equal((await kit.send("native", "plain", { headers: { accept } })).json.status, "completed");
  const refused = await kit.send("native", "picky", { inputs: { n: 9 }, headers: { accept: "text/event-stream" } });
  assert.deepEqual([refused.status, refused.json.code], [400, "invalid"]);
});

test("native: the stream is there while the run goes on, and its reader's end ends nothing", async () => {
  const call = gate.next();
  const { where, options } = kit.request("native", "held", { inputs: { url: gate.url }, headers: { accept: "text/event-stream" } });
  const { status, headers, message } = await open("POST", host.url + where, options);
  assert.equal(status, 200);
  let text = "";
  for await (const part of message.setEncoding("utf8")) if ((text += part).includes("step.started")) break; // closes it
  (await call).answer({ read: "on" });
  assert.deepEqual((await host.waitRun(headers["x-run-id"])).result, { read: "on" });
});

// ---- the same request again

for (const door of doors) {
  const again = (key, inputs, more = {}) => kit.send(door, more.project ?? "plain", { inputs, ...more, headers: { "idempotency-key": `${door}-${key}` } });
  const run = (answer) => answer.headers["x-run-id"];

  test(`${door}: Idempotency-Key gives the first answer again, whatever the run came to`, async () => {
    for (const [n, project] of ["plain", "fails", "never"].entries()) {
      const first = await again(`same-${n}`, { n: 1 }, { project });
      await host.waitRun(run(first));
      const second = await again(`same-${n}`, { n: 1.0 }, { project });
      const spaced = await again(`same-${n}`, undefined, { project, raw: ` ${JSON.stringify(rules[door].wrap({ n: 1 }))}\n` });
      for (const other of [second, spaced]) {
        assert.equal(run(other), run(first), `${project} ${other.text}`);
        if (project !== "never") assert.equal(other.status, first.status);
        const lasting = ({ json: { streamUrl, requestId, ...json } }) => json; // these two are of the request, not of the run
        if (project !== "never") assert.deepEqual(lasting(other), lasting(first));
      }
      const { items } = (await host.request("GET", `/v1/runs?project=${project}&limit=200`)).json;
      assert.equal(items.filter(({ runId }) => runId === run(first)).length, 1);
    }
  });

  test(`${door}: another body under the same key is 422; another caller's or trigger's key is another key`, async () => {
    const first = await again("other", { n: 1 });
    for (const inputs of [{ n: 2 }, { n: "1" }, { n: 1, m: null }, {}]) is(said(door, await again("other", inputs)), 422, "idempotency_key_reused", JSON.stringify(inputs));
    const second = await again("other", { n: 2 }, { project: "second" });
    assert.ok(second.status < 300 && run(second) !== run(first), second.text);
    if (door === "webhook") return; // its callers are one: whoever has the secret
    const third = await again("other", { n: 2 }, { credential: { value: kit.tokens[door === "agent" ? "plain" : "once"] } });
    assert.equal(third.status < 300, door !== "agent", third.text); // an agent's caller is its project's
  });

  test(`${door}: fifty at once under one key are one run`, async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => again("fifty", { n: 50 })));
    assert.deepEqual([...new Set(answers.map((answer) => `${answer.status} ${run(answer)}`))].length, 1);
    assert.ok(answers[0].status < 300);
  });

  test(`${door}: of fifty equal bodies at once one becomes a run, where the trigger takes each once`, async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => kit.said(door, "once", { inputs: { n: 50, door } })));
    const [first, ...more] = answers.filter(({ status }) => status < 300);
    assert.equal(more.length, 0);
    for (const answer of answers) if (answer !== first) is(answer, 400, "duplicate", "again");
    for (const answer of answers) assert.equal(answer.run, first.run, "they name it");
  });

  test(`${door}: what is filtered or invalid leaves no fingerprint, a failed run does`, async () => {
    for (let i = 0; i < 2; i++) {
      is(await kit.said(door, "picky", { inputs: { n: 6, door } }), 400, "invalid", "6");
      is(await kit.said(door, "picky", { inputs: { n: 4, door } }), 400, "filtered", "4");
    }
    const first = await kit.said(door, "oncefails", { inputs: { door } });
    is(await kit.said(door, "oncefails", { inputs: { door } }), 400, "duplicate", "failed");
    assert.equal((await host.waitRun(first.run)).status, "failed");
  });

  test(`${door}: an Idempotency-Key has 1 to 255 characters`, async () => {
    for (const [length, ok] of [[255, true], [256, false]]) {
      const answer = await kit.said(door, "plain", { headers: { "idempotency-key": "k".repeat(length - 8) + `${door}-------`.slice(0, 8) } });
      if (ok) assert.ok(answer.status < 300);
      else is(answer, 400, "invalid", `${length}`);
      if (!ok) assert.match(answer.message, /Idempotency-Key.*255/);
    }
  });
}

for (const door of waiting.slice(2)) {
  test(`${door}: the second joins the first while that runs`, async () => {
    const call = gate.next();
    const headers = { "idempotency-key": `join-${door}` };
    const send = () => kit.send(door, "held", { inputs: { url: gate.url }, headers });
    const first = send();
    const { run, answer } = await call;
    const second = send();
    const third = await kit.send("native", "held", { inputs: { url: gate.url }, headers: { ...headers, prefer: "respond-async" } }); // the second is in before this one
    assert.deepEqual([third.status, third.json.runId], [202, run]);
    answer({ only: door });
    for (const one of [await first, await second]) assert.deepEqual([one.status, said(door, one).result, one.headers["x-run-id"]], [200, { only: door }, run]);
  });
}

test("keys and bodies are remembered over a restart, at every door", async () => {
  const firsts = {};
  const send = (door) => kit.send(door, "plain", { inputs: { n: 9, door }, headers: { "idempotency-key": `restart-${door}` } });
  for (const door of doors) firsts[door] = [await send(door), await kit.said(door, "once", { inputs: { n: 9, door } })];
  await host.restart();
  for (const door of doors) {
    const [first, once] = firsts[door];
    const second = await send(door);
    assert.deepEqual([second.status, second.headers["x-run-id"]], [first.status, first.headers["x-run-id"]], door);
    const dropped = await kit.said(door, "once", { inputs: { n: 9, door } });
    assert.deepEqual([dropped.status, dropped.code, dropped.run], [400, "duplicate", once.run], door);
  }
});
