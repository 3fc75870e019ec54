// SPDX-License-Identifier: MIT
// POST /api/v1.0/project/{project}/trigger/{key}: addresses, credentials, answers, refusals. The body's own rules are in body.test.mjs,
// duplicates and Idempotency-Key in once.test.mjs.
import { after, test } from "node:test";
import assert from "node:assert/strict";
import http from "node:http";
import { open, request, startHost } from "./host.mjs";
import { gateServer } from "./servers.mjs";

const gate = await gateServer();
const host = await startHost({
  args: ["--egress-allow", gate.address],
  scripts: {
    "a/echo.lua": `return trigger { run = function(event) return event.body end }`,
    "a/Mixed-Case_1.lua": `return trigger { run = function(event) return { key = "mixed" } end }`,
    "A/echo.lua": `return trigger { name = "Other", run = function(event) return { project = "A" } end }`,
    "a/event.lua": `return trigger { run = function(event) return event end }`,
    "a/async.lua": `return trigger { wait = false, run = function(event) return { n = 1 } end }`,
    "a/paused.lua": `return trigger { paused = true, run = function() return 1 end }`,
    "a/gone.lua": `return trigger { run = function() return 1 end }`,
    "a/late.lua": `
local http = require "http"
return trigger { wait = "150ms", run = function(event) return http.get(event.body.url):json() end }`,
    "a/gated.lua": `
local http = require "http"
return trigger { run = function(event) return http.get(event.body.url):json() end }`,
    "a/raises.lua": `
return trigger {
  run = function(event)
    error("no such thing")
  end,
}`,
    "a/fails.lua": `
return trigger {
  run = function(event, flow)
    flow.fail("the customer is unknown", "customer.unknown")
  end,
}`,
  },
});
after(async () => {
  await host.done();
  gate.close();
});

const newKey = (...args) => host.newKey(...args);
const withoutIds = ({ status, text, headers }) => ({ status, text, type: headers["content-type"] });

test("a completed run is 200 with the response and what leads to the run", async () => {
  const answer = await host.fire("a", "echo", { x: 1, sessionId: "s-1" });
  assert.equal(answer.status, 200);
  const { runId, streamUrl, ...rest } = answer.json;
  assert.deepEqual(rest, { sessionId: "s-1", status: "completed", response: { x: 1, sessionId: "s-1" } });
  assert.match(runId, /^run_[0-9a-z]{20,}$/);
  assert.match(streamUrl, new RegExp(`^/v1/runs/${runId}/events\\?token=\\S+$`));
  assert.equal(answer.headers["x-run-id"], runId);
  assert.equal(answer.headers["content-type"], "application/json");
  assert.equal(answer.headers["cache-control"], "no-store");
  assert.match(answer.headers["x-request-id"], /^req_/);
});

test("with waiting off it is 202 with status and no response", async () => {
  const answer = await host.fire("a", "async", {});
  assert.equal(answer.status, 202);
  assert.deepEqual(Object.keys(answer.json).sort(), ["runId", "sessionId", "status", "streamUrl"]);
  assert.match(answer.json.status, /^(queued|running)$/);
  assert.equal(answer.headers["x-run-id"], answer.json.runId);
  const run = await host.waitRun(answer.json.runId);
  assert.deepEqual(run.result, { n: 1 });
});

test("a fresh session is made and returned when none is given", async () => {
  const [one, two] = [await host.fire("a", "echo", {}), await host.fire("a", "echo", {})];
  assert.match(one.json.sessionId, /^ses_/);
  assert.notEqual(one.json.sessionId, two.json.sessionId);
});

test("no body, an empty body and a blank body are a run without a body", async () => {
  for (const body of [undefined, "", " \r\n\t "]) {
    const answer = await host.fire("a", "event", body);
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(answer.json.response.body, {}, "scripts see an empty table");
    assert.equal((await host.getRun(answer.json.runId)).body, null, "the API says that there was none");
  }
});

test("the event has the known fields, the headers without credentials, and times", async () => {
  const body = {
    sessionId: "s", instruction: "do it", environment: "test", language: "DE", timezone: "europe/berlin",
    customer: { name: "Ada" }, context: { n: 1, yes: true, text: "t", gone: null }, own: [1],
  };
  const answer = await host.fire("a", "event", body, { headers: { "X-Own": "Value", cookie: "secret=1", authorization: "Bearer x" } });
  assert.equal(answer.status, 200, answer.text);
  const event = answer.json.response;
  assert.equal(event.kind, "api");
  assert.equal(event.sessionId, "s");
  assert.equal(event.instruction, "do it");
  assert.equal(event.environment, "test");
  assert.equal(event.language, "de");
  assert.equal(event.timezone, "Europe/Berlin");
  assert.deepEqual(event.customer, { name: "Ada" });
  assert.deepEqual(event.context, { n: 1, yes: true, text: "t" });
  assert.deepEqual(event.body.own, [1]);
  assert.equal(event.runId, answer.json.runId);
  assert.equal(event.headers["x-own"], "Value");
  for (const name of ["x-api-key", "cookie", "authorization"]) assert.equal(event.headers[name], undefined, name);
  const plain = await host.fire("a", "event", {});
  assert.equal(plain.json.response.environment, "api");
});

test("an X-Request-Id of the client comes back, a strange one does not", async () => {
  const own = await host.fire("a", "echo", {}, { headers: { "x-request-id": "my-id.1" } });
  assert.equal(own.headers["x-request-id"], "my-id.1");
  const strange = await host.fire("a", "echo", {}, { headers: { "x-request-id": "no blanks" } });
  assert.match(strange.headers["x-request-id"], /^req_/);
  const lost = await host.request("GET", "/nowhere", { key: null });
  assert.match(lost.headers["x-request-id"], /^req_/);
});

// ---- addresses

test("the address works with and without the slash at its end, never by a redirect", async () => {
  for (const slash of ["", "/"]) assert.equal((await host.fire("a", "echo" + slash, {})).status, 200);
  assert.equal((await host.fire("a", "echo//", {})).status, 404);
});

test("the key's case does not count and it is percent-decoded once", async () => {
  for (const key of ["mixed-case_1", "MIXED-CASE_1", "Mixed%2DCase_1", "%6Dixed-case%5f1"]) {
    const answer = await host.fire("a", key, {});
    assert.equal(answer.status, 200, key);
    assert.deepEqual(answer.json.response, { key: "mixed" });
  }
});

test("what is no name is 404: decoded twice, slashes, dots, NUL, letters that only fold in Unicode, 65 letters", async () => {
  const bad = ["mixed%252Dcase_1", "a%2Fecho", "%2e%2e", "echo%00", "echo%", "echo%2", "mi\u212Aed", "echo%E2%84%AA", "e".repeat(65), "ec ho"];
  for (const key of bad.map((name) => name.replace(/[\u0080-\uffff ]/g, encodeURIComponent))) {
    const answer = await host.fire("a", key, {});
    assert.equal(answer.status, 404, `${key}: ${answer.text}`);
  }
  assert.equal((await host.fire("a", "tric%E2%84%AA", {})).status, 404);
  assert.equal((await host.fire("%2e%2e", "echo", {})).status, 404);
});

test("the project's case counts", async () => {
  assert.deepEqual((await host.fire("A", "echo", {})).json.response, { project: "A" });
  assert.equal((await host.fire("a", "echo", {})).json.response.project, undefined);
});

// ---- credentials

test("missing, wrong, revoked and insufficient keys are one and the same 401", async () => {
  const revoked = await newKey("revoked", "--allow", "*");
  assert.equal((await host.fire("a", "echo", {}, { key: revoked })).status, 200);
  await host.revokeKey("revoked");
  const keys = {
    missing: null,
    empty: "",
    wrong: "mt_" + "0".repeat(64),
    damaged: host.key.slice(0, -1) + (host.key.endsWith("a") ? "b" : "a"),
    shorter: host.key.slice(0, -1),
    reader: await newKey("reader", "--allow", "run.read"),
    elsewhere: await newKey("elsewhere", "--allow", "project.trigger", "--project", "b"),
    revoked,
  };
  const first = withoutIds(await host.fire("a", "echo", {}, { key: null }));
  assert.equal(first.status, 401);
  const { status, code, message, ...more } = JSON.parse(first.text);
  assert.deepEqual([status, code, typeof message, more], [401, "unauthorized", "string", {}]);
  for (const [name, key] of Object.entries(keys)) {
    for (const [trigger, body] of [["echo", {}], ["unknown", {}], ["echo", "{broken"], ["paused", {}]]) {
      assert.deepEqual(withoutIds(await host.fire("a", trigger, body, { key })), first, `${name} ${trigger}`);
    }
  }
});

test("a key for one project fires there and nowhere else", async () => {
  const key = await newKey("only-a", "--allow", "project.trigger", "--project", "a");
  assert.equal((await host.fire("a", "echo", {}, { key })).status, 200);
  assert.equal((await host.fire("A", "echo", {}, { key })).status, 401);
});

test("a bearer token is no credential here", async () => {
  const answer = await host.fire("a", "echo", {}, { key: null, headers: { authorization: `Bearer ${host.key}` } });
  assert.equal(answer.status, 401);
});

// ---- what is not there

test("unknown, paused and deleted triggers and unknown projects are one and the same 404", async () => {
  assert.equal((await host.fire("a", "gone", {})).status, 200);
  const deleted = host.nextLog(/trigger deleted.*a\/gone/);
  await host.remove("a/gone.lua");
  await deleted;
  const first = withoutIds(await host.fire("a", "unknown", {}));
  assert.equal(first.status, 404);
  assert.equal(JSON.parse(first.text).code, "not_found");
  for (const [project, key] of [["a", "paused"], ["a", "gone"], ["nowhere", "echo"], ["a", "%2e"]]) {
    assert.deepEqual(withoutIds(await host.fire(project, key, {})), first, key);
    assert.deepEqual(withoutIds(await host.fire(project, key, "{broken")), first, key);
  }
});

test("another method is 405 and says which is right, before any credential", async () => {
  for (const method of ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"]) {
    for (const key of [host.key, null]) {
      const answer = await host.request(method, "/api/v1.0/project/a/trigger/echo", { key });
      assert.equal(answer.status, 405, method);
      assert.equal(answer.headers.allow, "POST");
      assert.equal(answer.json.code, "method_not_allowed");
      assert.equal(typeof answer.json.message, "string", answer.text);
    }
  }
  const head = await host.request("HEAD", "/api/v1.0/project/a/trigger/echo");
  assert.deepEqual([head.status, head.text], [405, ""]);
});

// ---- ends

test("a run that raises is 500 with its message and script line", async () => {
  const answer = await host.fire("a", "raises", {});
  assert.equal(answer.status, 500);
  assert.equal(answer.json.code, "run_failed");
  assert.match(answer.json.message, /no such thing/);
  assert.deepEqual([answer.json.error.code, answer.json.error.at], ["script.error", "a/raises.lua:4"]);
  assert.equal(answer.headers["x-run-id"], answer.json.runId);
  const run = await host.getRun(answer.json.runId);
  assert.equal(run.status, "failed");
  assert.deepEqual(run.error, answer.json.error);
});

test("a run that says that it failed is 500 with its own code", async () => {
  const answer = await host.fire("a", "fails", {});
  assert.equal(answer.status, 500);
  const { code, message, at } = answer.json.error;
  assert.deepEqual([code, message, at], ["customer.unknown", "the customer is unknown", "a/fails.lua:4"]);
});

test("what is not done in time is 408, names the run and goes on", async () => {
  const call = gate.next();
  const answer = await host.fire("a", "late", { url: gate.url });
  assert.equal(answer.status, 408);
  assert.equal(answer.json.code, "wait_timeout");
  assert.equal(answer.headers.location, `/v1/runs/${answer.json.runId}`);
  assert.equal(answer.headers["x-run-id"], answer.json.runId);
  assert.notEqual((await host.getRun(answer.json.runId)).status, "completed");
  (await call).answer({ late: true });
  const run = await host.waitRun(answer.json.runId);
  assert.deepEqual([run.status, run.result], ["completed", { late: true }]);
});

test("a caller that hangs up cancels nothing", async () => {
  const call = gate.next();
  const hangUp = new AbortController();
  const fired = open("POST", `${host.url}/api/v1.0/project/a/trigger/gated`, {
    headers: { "x-api-key": host.key }, body: { url: gate.url }, signal: hangUp.signal,
  });
  const { run, answer } = await call;
  hangUp.abort();
  await assert.rejects(fired, { name: "AbortError" });
  answer({ still: "here" });
  const end = await host.waitRun(run);
  assert.deepEqual([end.status, end.result], ["completed", { still: "here" }]);
});

test("two waiting callers get their own answers, whichever ends first", async () => {
  const [first, second] = [gate.next(), gate.next()];
  const one = host.fire("a", "gated", { url: gate.url, n: 1 });
  const callOne = await first;
  const two = host.fire("a", "gated", { url: gate.url, n: 2 });
  const callTwo = await second;
  callTwo.answer("two");
  assert.equal((await two).json.response, "two");
  callOne.answer("one");
  assert.equal((await one).json.response, "one");
});

test("one connection carries many requests", async () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  let sockets = 0;
  agent.on("free", () => {});
  for (let n = 0; n < 20; n++) {
    const where = `${host.url}/api/v1.0/project/a/trigger/echo`;
    const answer = await request("POST", where, { headers: { "x-api-key": host.key }, body: { n }, agent });
    assert.equal(answer.json.response.n, n);
    sockets = Math.max(sockets, Object.values(agent.freeSockets).flat().length);
  }
  assert.equal(sockets, 1);
  agent.destroy();
});

test("the native address starts the same trigger; Prefer decides about waiting", async () => {
  const now = await host.fireAsync("a", "echo", { x: 2 });
  assert.equal(now.status, 202);
  assert.deepEqual(Object.keys(now.json).sort(), ["result", "runId", "sessionId", "status", "streamUrl"]);
  assert.equal(now.headers.location, `/v1/runs/${now.json.runId}`);
  assert.deepEqual((await host.waitRun(now.json.runId)).result, { x: 2 });
  const where = "/v1/projects/a/triggers";
  const waited = await host.request("POST", `${where}/async/runs`, { body: {}, headers: { prefer: "wait=20" } });
  assert.deepEqual([waited.status, waited.json.status, waited.json.result], [200, "completed", { n: 1 }]);
  const call = gate.next();
  const late = await host.request("POST", `${where}/late/runs`, { body: { url: gate.url } });
  assert.deepEqual([late.status, late.headers.location], [202, `/v1/runs/${late.json.runId}`]);
  (await call).answer(1);
  await host.waitRun(late.json.runId);
  const denied = await host.request("POST", `${where}/echo/runs`, { body: {}, key: await newKey("native", "--allow", "run.read") });
  assert.deepEqual([denied.status, denied.json.code, denied.headers["content-type"]], [403, "forbidden", "application/problem+json"]);
});

test("a native run that fails is a problem with code, line and run", async () => {
  const answer = await host.request("POST", "/v1/projects/a/triggers/fails/runs", { body: {} });
  assert.equal(answer.headers["content-type"], "application/problem+json");
  assert.deepEqual([answer.status, answer.json.code, answer.json.error.at], [500, "run_failed", "a/fails.lua:4"]);
  assert.equal(answer.json.runId, answer.headers["x-run-id"]);
});

test("a wrong token with a broken body is 401, a broken body for nothing is 404", async () => {
  assert.equal((await host.fire("a", "echo", "{", { key: "x" })).status, 401);
  assert.equal((await host.fire("a", "nothing", "{")).status, 404);
});

test("the host's log tells of no key", async () => {
  assert.equal(host.log.filter((line) => line.includes(host.key)).length, 0);
});
