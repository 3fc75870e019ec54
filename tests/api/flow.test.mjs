// SPDX-License-Identifier: MIT
// POST /api/v1/flow/{id}, sentence by sentence of its contract. The webhook address of the same dialect is in webhook.test.mjs.
import { after, test } from "node:test";
import assert from "node:assert/strict";
import { open, startHost } from "./host.mjs";
import { gateServer } from "./servers.mjs";

const gate = await gateServer();
const echo = (fields = "") => `return trigger { ${fields} run = function(event)
  return { body = event.body, inputs = event.inputs, kind = event.kind, instruction = event.instruction, headers = event.headers }
end }`;
const host = await startHost({
  args: ["--egress-allow", gate.address, "--limits-flow-wait", "400ms"],
  scripts: {
    "a/echo.lua": echo(`id = "flow-1",`),
    "a/defaults.lua": echo(`id = "flow-defaults", defaults = { size = "m", count = 1, extra = { a = 1, b = 2 } }, input = { size = "string", count = { type = "integer", max = 9 } },`),
    "a/fails.lua": `return trigger { id = "flow-fails", run = function(event, flow) flow.fail("out of tea", "tea.out") end }`,
    "a/broken.lua": `return trigger { id = "flow-broken", run = function() local x = nil; return x.y end }`,
    "a/nothing.lua": `return trigger { id = "flow-nothing", run = function() end }`,
    "a/gate.lua": `local http = require "http"
return trigger { id = "flow-gate", run = function(event) return http.get(event.body.url, { timeout = "1m" }).status end }`,
    "a/async.lua": echo(`id = "flow-async", wait = false,`),
    "a/short.lua": `return trigger { id = "flow-short", wait = "1ms", run = function() return "in time" end }`,
    "a/paused.lua": echo(`id = "flow-paused", paused = true,`),
    "a/filter.lua": echo(`id = "flow-filter", filter = { { "n", "<", 5 } },`),
    "a/once.lua": echo(`id = "flow-once", unique = true, defaults = { n = 1 },`),
    "a/small.lua": echo(`id = "flow-small", body = "2KB",`),
    "b/other.lua": echo(`id = "flow-other",`),
  },
});
after(async () => {
  await host.done();
  gate.close();
});

const key = await host.newKey("a", "--allow", "project.trigger", "--project", "a");
const flow = (id, body, { bearer = key, headers = {}, ...rest } = {}) =>
  host.request("POST", `/api/v1/flow/${id}`, { key: null, body, headers: bearer === null ? headers : { authorization: `Bearer ${bearer}`, ...headers }, ...rest });

const isDone = (answer, result) => {
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(Object.keys(answer.json), ["ok", "runId", "result", "error"]);
  assert.equal(answer.json.ok, true);
  assert.match(answer.json.runId, /^run_[0-9a-z]{26}$/);
  assert.equal(answer.headers["x-run-id"], answer.json.runId);
  assert.equal(answer.json.error, null);
  if (result !== undefined) assert.deepEqual(answer.json.result, result);
  return answer.json.result;
};
const isError = (answer, status, code) => {
  assert.equal(answer.status, status, answer.text);
  assert.deepEqual(Object.keys(answer.json), ["ok", "runId", "result", "error", "code"]);
  const { ok, runId, result, error } = answer.json;
  assert.deepEqual([ok, runId, result, answer.json.code], [false, null, null, code]);
  assert.equal(typeof error, "string");
  assert.notEqual(error, "");
};

// ---- answers

test("a finished run is 200 with all four fields", async () => {
  isDone(await flow("flow-1", { inputs: { a: 1 } }));
  isDone(await flow("flow-nothing", {}), null);
});

test("a failed run is 200 with ok false, its runId and what went wrong", async () => {
  for (const [id, error] of [["flow-fails", "out of tea"], ["flow-broken", /index/]]) {
    const answer = await flow(id, {});
    assert.equal(answer.status, 200);
    assert.deepEqual(Object.keys(answer.json), ["ok", "runId", "result", "error"]);
    assert.deepEqual([answer.json.ok, answer.json.result], [false, null]);
    if (typeof error === "string") assert.equal(answer.json.error, error);
    else assert.match(answer.json.error, error);
    assert.equal((await host.getRun(answer.json.runId)).status, "failed");
  }
});

test("a run that takes longer than the server's limit is 202 and goes on", async () => {
  const answer = await flow("flow-gate", { inputs: { url: gate.url } });
  assert.equal(answer.status, 202);
  const { runId } = answer.json;
  assert.equal(answer.text, `{"ok":true,"runId":"${runId}","result":null,"error":null,"status":"running"}`);
  assert.equal(answer.headers.location, `/v1/runs/${runId}`);
  (await gate.next()).answer({});
  assert.equal((await host.waitRun(runId)).status, "completed");
});

test("the trigger's own wait does not shorten the limit, but wait = false is 202 at once", async () => {
  isDone(await flow("flow-short", {}), "in time");
  const answer = await flow("flow-async", {});
  assert.equal(answer.status, 202);
  assert.deepEqual(Object.keys(answer.json), ["ok", "runId", "result", "error", "status"]);
  assert.equal((await host.waitRun(answer.json.runId)).status, "completed");
});

// ---- inputs

test("inputs are the body and the inputs that the script sees", async () => {
  const seen = isDone(await flow("flow-1", { inputs: { a: 1, b: { c: [true, null] } } }));
  assert.equal(seen.kind, "flow");
  assert.deepEqual(seen.inputs, seen.body);
  assert.equal(seen.body.a, 1);
  assert.equal(seen.body.b.c[0], true);
});

for (const body of [undefined, "", " \n", {}, { inputs: null }, { inputs: {} }, "null", { other: 1 }]) {
  test(`no inputs at all: ${JSON.stringify(body) ?? "no body"}`, async () => {
    const seen = isDone(await flow("flow-1", body));
    assert.deepEqual([seen.body, seen.inputs].map((v) => Object.keys(v).length), [0, 0]);
  });
}

for (const inputs of [[], [1], "x", "", 0, 7, true, false]) {
  test(`inputs may not be ${JSON.stringify(inputs)}`, async () => {
    const answer = await flow("flow-1", { inputs });
    isError(answer, 400, "invalid");
    assert.match(answer.json.error, /\/inputs/);
  });
}

test("keys beside inputs are ignored, whatever they hold", async () => {
  const seen = isDone(await flow("flow-1", { a: 0, sessionId: 7, language: "xx", timezone: 5, inputs: { a: 1 }, instruction: {} }));
  assert.deepEqual(seen.body, { a: 1 });
});

test("inputs merge shallowly over the trigger's defaults; null wins", async () => {
  const of = async (inputs) => isDone(await flow("flow-defaults", { inputs })).body;
  assert.deepEqual(await of({}), { size: "m", count: 1, extra: { a: 1, b: 2 } });
  assert.deepEqual(await of({ count: 2 }), { size: "m", count: 2, extra: { a: 1, b: 2 } });
  assert.deepEqual(await of({ extra: { a: 9 } }), { size: "m", count: 1, extra: { a: 9 } });
  const nulled = await of({ extra: null });
  assert.equal(nulled.extra ?? null, null);
  assert.deepEqual([nulled.size, nulled.count], ["m", 1]);
});

test("the schema judges the merged inputs", async () => {
  isError(await flow("flow-defaults", { inputs: { count: 10 } }), 400, "invalid");
  isError(await flow("flow-defaults", { inputs: { size: null } }), 400, "invalid");
  isError(await flow("flow-defaults", { inputs: { size: 5 } }), 400, "invalid");
});

test("an input called instruction is the run's instruction", async () => {
  assert.equal(isDone(await flow("flow-1", { inputs: { instruction: "Tidy up" } })).instruction, "Tidy up");
});

// ---- who asks

test("any key of the host with the permission holds, also one brought along", async () => {
  isDone(await flow("flow-1", {}, { bearer: host.key }));
  const known = host.nextLog(/"API key added".*name="brought"/);
  const made = await host.cli(["key", "create", "--data", host.data, "--name", "brought", "--allow", "project.trigger", "--secret-stdin"], { input: "wb_live_0123456789abcdef\n" });
  assert.equal(made.code, 0, made.stderr);
  assert.equal(made.stdout, "");
  await known;
  isDone(await flow("flow-1", {}, { bearer: "wb_live_0123456789abcdef" }));
});

test("without one it is one 401, whatever the id and the body are", async () => {
  const answers = [];
  for (const id of ["flow-1", "nobody", "flow-paused"]) {
    for (const body of [{}, "{", { inputs: 1 }]) {
      answers.push(await flow(id, body, { bearer: null }), await flow(id, body, { bearer: "wrong" }));
      answers.push(await flow(id, body, { bearer: null, headers: { "x-api-key": key } }), await flow(id, body, { bearer: null, headers: { "x-workflow-secret": key } }));
    }
  }
  for (const answer of answers) {
    isError(answer, 401, "unauthorized");
    assert.equal(answer.text, answers[0].text);
  }
});

test("a key without the permission is 403 whatever the id is", async () => {
  const reader = await host.newKey("reader", "--allow", "run.read");
  const answers = [];
  for (const id of ["flow-1", "nobody", "flow-paused"]) answers.push(await flow(id, {}, { bearer: reader }));
  for (const answer of answers) {
    isError(answer, 403, "forbidden");
    assert.equal(answer.text, answers[0].text);
  }
});

test("unknown, of another project and paused are one 404", async () => {
  const answers = [];
  for (const id of ["nobody", "flow-other", "flow-paused", "FLOW-1", "flow-1%2F", "%252D", "%00", "%zz", "..", "a".repeat(300)])
    for (const body of [{}, "{"]) answers.push(await flow(id, body));
  for (const answer of answers) {
    isError(answer, 404, "not_found");
    assert.equal(answer.text, answers[0].text);
  }
  isDone(await flow("flow%2D1", {})); // decoded once
});

// ---- the rest

test("every other method is 405 in this dialect", async () => {
  for (const method of ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
    const answer = await host.request(method, "/api/v1/flow/flow-1", { key: null });
    isError(answer, 405, "method_not_allowed");
    assert.equal(answer.headers.allow, "POST");
  }
});

test("broken bodies are told apart", async () => {
  for (const raw of ["{", '{"inputs":{"a":1,"a":2}}', '{"inputs":{"a":"\\u0000"}}', '{"inputs":{"a":1e999}}', '{"inputs":{"a":"\\udc00"}}', `{"inputs":${"[".repeat(70)}${"]".repeat(70)}}`])
    isError(await flow("flow-1", raw), 400, "malformed_json");
  for (const raw of ["[]", '"a"', "7", "true"]) isError(await flow("flow-1", raw), 400, "invalid");
  isError(await flow("flow-1", "{}", { headers: { "content-type": "text/plain" } }), 415, "unsupported_media_type");
  isError(await flow("flow-small", { inputs: { pad: "x".repeat(3000) } }), 413, "body_too_large");
});

test("a filter and a duplicate are 400 with a code", async () => {
  isError(await flow("flow-filter", { inputs: { n: 5 } }), 400, "filtered");
  isDone(await flow("flow-filter", { inputs: { n: 4 } }));
  for (let i = 0; i < 2; i++) isDone(await flow("flow-once")); // nothing sent, nothing claimed
  isDone(await flow("flow-once", { inputs: { n: 1 } }));
  isError(await flow("flow-once", { inputs: { n: 1.0 } }), 400, "duplicate");
});

test("Idempotency-Key: the first answer again; another body is 422", async () => {
  const headers = { "idempotency-key": "k-1" };
  const first = await flow("flow-1", { inputs: { a: 1 } }, { headers });
  isDone(first);
  assert.equal((await flow("flow-1", { inputs: { a: 1 } }, { headers })).text, first.text);
  isError(await flow("flow-1", { inputs: { a: 2 } }, { headers }), 422, "idempotency_key_reused");
  const failed = await flow("flow-fails", {}, { headers });
  assert.equal((await flow("flow-fails", {}, { headers })).text, failed.text);
});

test("credentials do not reach the script", async () => {
  const seen = isDone(await flow("flow-1", {}, { headers: { "x-workflow-secret": "s", "x-api-key": "k", cookie: "c", "x-mine": "1" } }));
  assert.equal(seen.headers["x-mine"], "1");
  for (const name of ["authorization", "x-workflow-secret", "x-api-key", "cookie"]) assert.equal(seen.headers[name], undefined);
});

test("a caller that hangs up cancels nothing", async () => {
  const hangUp = new AbortController();
  const answer = open("POST", `${host.url}/api/v1/flow/flow-gate`, {
    body: { inputs: { url: gate.url } },
    headers: { authorization: `Bearer ${key}` },
    signal: hangUp.signal,
  }).catch(() => {});
  const call = await gate.next();
  hangUp.abort();
  await answer;
  call.answer({});
  assert.equal((await host.waitRun(call.run)).status, "completed");
});
