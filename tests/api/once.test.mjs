// SPDX-License-Identifier: MIT
// The same request twice: triggers that take each body once (unique), and Idempotency-Key.
import { after, test } from "node:test";
import assert from "node:assert/strict";
import { startHost } from "./host.mjs";
import { gateServer } from "./servers.mjs";

const gate = await gateServer();
const host = await startHost({
  args: ["--egress-allow", gate.address],
  scripts: {
    "u/once.lua": `return trigger { unique = true, run = function(event) return event.body end }`,
    "u/other.lua": `return trigger { unique = true, run = function(event) return event.body end }`,
    "u/failing.lua": `return trigger { unique = true, run = function(event) error("bad") end }`,
    "u/picky.lua": `
return trigger { unique = true, filter = { { "ok", "=", true } }, input = { n = "number" }, run = function(event) return 1 end }`,
    "u/fussy.lua": `
return trigger { unique = true, filter = function(event) return event.body.ok == true, "not ok" end, run = function(event) return 1 end }`,
    "k/echo.lua": `return trigger { run = function(event) return { body = event.body, random = math.random(1e9) } end }`,
    "k/fails.lua": `return trigger { run = function(event) error("bad " .. math.random(1e9)) end }`,
    "k/gated.lua": `
local http = require "http"
return trigger { run = function(event) return http.get(event.body.url):json() end }`,
  },
});
after(async () => {
  await host.done();
  gate.close();
});
const runs = async (trigger) => (await host.request("GET", `/v1/runs?trigger=${trigger}&limit=200`)).json.items;

// ---- unique

test("the same body again is 400 duplicate and names the first run", async () => {
  const first = await host.fire("u", "once", { a: 1, b: [1, 2], c: "ü" });
  assert.equal(first.status, 200);
  for (const same of ['{"c":"\\u00fc","b":[1,2],"a":1}', ' {"a":1.0,"b":[1e0,2],\n"c":"ü"} ']) {
    const again = await host.fire("u", "once", same);
    assert.deepEqual([again.status, again.json.code, again.json.runId], [400, "duplicate", first.json.runId], again.text);
    assert.equal(again.headers["x-run-id"], first.json.runId);
  }
  for (const other of ['{"a":1,"b":[2,1],"c":"ü"}', '{"a":"1","b":[1,2],"c":"ü"}', '{"a":1,"b":[1,2],"c":"Ü"}', '{"a":1,"b":[1,2]}']) {
    assert.equal((await host.fire("u", "once", other)).status, 200, other);
  }
});

test("bodies are remembered per trigger", async () => {
  assert.equal((await host.fire("u", "once", { per: "trigger" })).status, 200);
  assert.equal((await host.fire("u", "other", { per: "trigger" })).status, 200);
});

test("{} is a body, no body and blanks are none", async () => {
  assert.equal((await host.fire("u", "once", {})).status, 200);
  assert.equal((await host.fire("u", "once", {})).json.code, "duplicate");
  for (const none of [undefined, "", "  \n"]) {
    assert.equal((await host.fire("u", "once", none)).status, 200);
    assert.equal((await host.fire("u", "once", none)).status, 200);
  }
});

test("of fifty equal requests at once one runs", async () => {
  const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => host.fire("u", "once", n % 2 ? '{"x":1,"y":2}' : '{"y":2,"x":1}')));
  const done = answers.filter((answer) => answer.status === 200);
  assert.equal(done.length, 1);
  const [{ runId }] = done.map((answer) => answer.json);
  for (const answer of answers.filter((other) => other !== done[0])) {
    assert.deepEqual([answer.status, answer.json.code, answer.json.runId], [400, "duplicate", runId]);
  }
  assert.equal((await runs("once")).filter((run) => run.body?.x === 1).length, 1);
});

test("a failed run counts, a filtered or invalid request does not", async () => {
  const failed = await host.fire("u", "failing", { n: 1 });
  assert.equal(failed.status, 500);
  const again = await host.fire("u", "failing", { n: 1 });
  assert.deepEqual([again.json.code, again.json.runId], ["duplicate", failed.json.runId]);
  for (const trigger of ["picky", "fussy"]) {
    for (const [body, code] of [[{ ok: false, n: 1 }, "filtered"], [{ ok: true, n: "x" }, "invalid"]]) {
      if (trigger === "fussy" && code === "invalid") continue;
      assert.equal((await host.fire("u", trigger, body)).json.code, code);
      assert.equal((await host.fire("u", trigger, body)).json.code, code);
    }
    assert.equal((await host.fire("u", trigger, { ok: true, n: 1 })).status, 200);
    assert.equal((await host.fire("u", trigger, { ok: true, n: 1 })).json.code, "duplicate");
  }
});

test("what came once is remembered over a restart", async () => {
  const first = await host.fire("u", "once", { over: "restart" });
  await host.restart();
  const again = await host.fire("u", "once", { over: "restart" });
  assert.deepEqual([again.json.code, again.json.runId], ["duplicate", first.json.runId]);
});

// ---- Idempotency-Key

const keyed = (trigger, key, body, options = {}) => host.fire("k", trigger, body, { ...options, headers: { "idempotency-key": key } });
const lasting = ({ status, json: { streamUrl, ...json } }) => ({ status, json }); // each answer has a token of its own

test("the same key and body get the first answer again", async () => {
  const first = await keyed("echo", "k-1", { a: 1, b: 2 });
  assert.equal(first.status, 200);
  assert.deepEqual(lasting(await keyed("echo", "k-1", { a: 1, b: 2 })), lasting(first));
  assert.deepEqual(lasting(await keyed("echo", "k-1", '{"b":2.0,"a":1}')), lasting(first));
  assert.equal((await runs("echo")).filter((run) => run.runId === first.json.runId).length, 1);
});

test("the same key with another body is 422", async () => {
  assert.equal((await keyed("echo", "k-2", { a: 1 })).status, 200);
  for (const other of [{ a: 2 }, undefined]) {
    const answer = await keyed("echo", "k-2", other);
    assert.deepEqual([answer.status, answer.json.code], [422, "idempotency_key_reused"]);
  }
});

test("a key without a body works too", async () => {
  const first = await keyed("echo", "k-3", undefined);
  assert.equal(first.status, 200);
  assert.deepEqual(lasting(await keyed("echo", "k-3", undefined)), lasting(first));
  assert.equal((await keyed("echo", "k-3", {})).status, 422);
});

test("while the first is running the second joins it", async () => {
  const call = gate.next();
  const first = keyed("gated", "k-4", { url: gate.url });
  const { answer } = await call;
  const second = keyed("gated", "k-4", { url: gate.url });
  // The second has joined when the host says that the run is still going to one who does not wait.
  const third = await host.request("POST", "/v1/projects/k/triggers/gated/runs",
    { body: { url: gate.url }, headers: { "idempotency-key": "k-4", prefer: "respond-async" } });
  assert.equal(third.status, 202);
  answer({ only: "once" });
  const [one, two] = [await first, await second];
  assert.deepEqual(one.json.response, { only: "once" });
  assert.deepEqual(lasting(two), lasting(one));
  assert.equal(third.json.runId, one.json.runId);
});

test("fifty at once with one key are one run and one answer", async () => {
  const answers = await Promise.all(Array.from({ length: 50 }, () => keyed("echo", "k-5", { n: 1 })));
  for (const answer of answers) assert.deepEqual(lasting(answer), lasting(answers[0]));
  assert.equal(answers[0].status, 200);
});

test("a failed run is the first answer too", async () => {
  const first = await keyed("fails", "k-6", {});
  assert.equal(first.status, 500);
  assert.deepEqual(lasting(await keyed("fails", "k-6", {})), lasting(first));
});

test("a key is one caller's and one trigger's", async () => {
  const key = await host.newKey("second", "--allow", "project.trigger");
  const first = await keyed("echo", "k-7", { n: 1 });
  const other = await keyed("echo", "k-7", { n: 2 }, { key });
  assert.equal(other.status, 200);
  assert.notEqual(other.json.runId, first.json.runId);
  assert.equal((await keyed("fails", "k-7", { n: 3 })).status, 500);
});

test("a key has 1 to 255 characters", async () => {
  assert.equal((await keyed("echo", "x".repeat(255), {})).status, 200);
  const long = await keyed("echo", "x".repeat(256), {});
  assert.deepEqual([long.status, long.json.code, long.json.field], [400, "invalid", "Idempotency-Key"]);
});

test("the first answer is given again after a restart", async () => {
  const first = await keyed("echo", "k-8", { n: 8 });
  await host.restart();
  assert.deepEqual(lasting(await keyed("echo", "k-8", { n: 8 })), lasting(first));
});
