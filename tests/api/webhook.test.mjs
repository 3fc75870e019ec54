// SPDX-License-Identifier: MIT
// POST /workflows/trigger?workflowId={id} and its secrets, sentence by sentence of the contract. What it shares with the flow address is in
// flow.test.mjs.
import { after, test } from "node:test";
import assert from "node:assert/strict";
import { startHost } from "./host.mjs";
import { gateServer } from "./servers.mjs";

const gate = await gateServer();
const echo = (fields = "") => `return trigger { ${fields} run = function(event)
  return { body = event.body, inputs = event.inputs, kind = event.kind, headers = event.headers }
end }`;
const host = await startHost({
  args: ["--egress-allow", gate.address, "--limits-webhook-wait", "400ms"],
  scripts: {
    "a/echo.lua": echo(`id = "hook-1",`),
    "a/Second.lua": echo(`id = "hook-2",`),
    "a/Http.lua": echo(`id = "hook-http",`),
    "a/defaults.lua": echo(`id = "hook-defaults", defaults = { size = "m", extra = { a = 1 }, inputs = "mine" },`),
    "a/fails.lua": `return trigger { id = "hook-fails", run = function(event, flow) flow.fail("out of tea") end }`,
    "a/gate.lua": `local http = require "http"
return trigger { id = "hook-gate", run = function(event) return http.get(event.body.url, { timeout = "1m" }).status end }`,
    "a/paused.lua": echo(`id = "hook-paused", paused = true,`),
    "a/closed.lua": echo(`id = "hook-closed", webhook = false,`),
    "a/none.lua": echo(`id = "hook-none",`),
    "a/strict.lua": echo(`id = "hook-strict", input = { n = { type = "integer", max = 5 } }, body = "2KB",`),
  },
});
after(async () => {
  await host.done();
  gate.close();
});

const webhook = (...args) => host.cli(["webhook", ...args, "--data", host.data]);
async function create(trigger, { input, options = [] } = {}) {
  const known = host.nextLog(/"webhook secret added"/);
  const made = await host.cli(["webhook", "create", trigger, "--data", host.data, ...options], { input });
  assert.equal(made.code, 0, made.stderr);
  await known;
  return made.stdout.trim();
}
const secrets = {};
for (const name of ["echo", "second", "defaults", "fails", "gate", "paused", "closed", "strict"]) secrets[name] = await create(`a/${name}`);

const post = (query, body, { secret, bearer, headers = {}, ...rest } = {}) => {
  const all = { ...headers };
  if (secret !== undefined) all["x-workflow-secret"] = secret;
  if (bearer !== undefined) all.authorization = `Bearer ${bearer}`;
  return host.request("POST", `/workflows/trigger${query}`, { key: null, body, headers: all, ...rest });
};
const hook = (id, body, options = {}) => post(`?workflowId=${id}`, body, options);
const one = (body, options) => hook("hook-1", body, { secret: secrets.echo, ...options });

const isDone = (answer) => {
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(Object.keys(answer.json), ["ok", "runId", "result", "error"]);
  assert.deepEqual([answer.json.ok, answer.json.error], [true, null]);
  assert.equal(answer.headers["x-run-id"], answer.json.runId);
  return answer.json.result;
};
const isError = (answer, status, code) => {
  assert.equal(answer.status, status, answer.text);
  assert.deepEqual(Object.keys(answer.json), ["ok", "runId", "result", "error", "code"]);
  const { ok, runId, result, error } = answer.json;
  assert.deepEqual([ok, runId, result, answer.json.code, typeof error], [false, null, null, code, "string"]);
};

// ---- the secret

test("the secret is taken from X-Workflow-Secret or Authorization: Bearer", async () => {
  assert.equal(isDone(await one({})).kind, "webhook");
  isDone(await hook("hook-1", {}, { bearer: secrets.echo }));
  isDone(await hook("hook-1", {}, { headers: { authorization: `bEARER ${secrets.echo}` } }));
});

test("with both, X-Workflow-Secret alone decides", async () => {
  isDone(await hook("hook-1", {}, { secret: secrets.echo, bearer: "wrong" }));
  isDone(await hook("hook-1", {}, { secret: secrets.echo, bearer: host.key }));
  isError(await hook("hook-1", {}, { secret: "wrong", bearer: secrets.echo }), 401, "unauthorized");
  isError(await hook("hook-1", {}, { secret: "", bearer: secrets.echo }), 401, "unauthorized");
});

test("the trigger's key is caseless, its secret is not", async () => {
  isDone(await hook("hook-2", {}, { secret: secrets.second }));
  isError(await hook("hook-2", {}, { secret: secrets.second.toUpperCase() }), 401, "unauthorized");
});

test("unknown, paused, closed, without a secret, wrong and missing secret: one 401", async () => {
  const answers = [];
  for (const body of [{}, "{", undefined]) {
    for (const secret of [secrets.echo, "wrong", "", undefined]) answers.push(await hook("nobody", body, { secret }));
    for (const name of ["paused", "closed"]) answers.push(await hook(`hook-${name}`, body, { secret: secrets[name] }));
    for (const secret of ["wrong", "", secrets.second, secrets.echo.slice(0, -1), `${secrets.echo}x`, `${secrets.echo}, ${secrets.echo}`, host.key, undefined])
      answers.push(await hook("hook-1", body, { secret }));
    answers.push(await hook("hook-none", body, { secret: secrets.echo }), await hook("hook-none", body, { secret: "" }));
    answers.push(await hook("HOOK-1", body, { secret: secrets.echo }), await hook("hook-1%2F", body, { secret: secrets.echo }), await hook("%252D", body, { secret: secrets.echo }));
    answers.push(await hook("hook-1", body, { headers: { authorization: `Basic ${secrets.echo}` } }), await hook("hook-1", body, { headers: { "x-api-key": secrets.echo } }));
  }
  for (const answer of answers) {
    isError(answer, 401, "unauthorized");
    assert.equal(answer.text, answers[0].text);
    const { date, "x-request-id": id, ...rest } = answer.headers;
    const { date: date0, "x-request-id": id0, ...first } = answers[0].headers;
    assert.deepEqual(rest, first);
  }
});

test("credentials of one endpoint never work on the other", async () => {
  isError(await hook("hook-1", {}, { bearer: host.key }), 401, "unauthorized");
  isError(await hook("hook-1", {}, { secret: host.key }), 401, "unauthorized");
  for (const headers of [{ authorization: `Bearer ${secrets.echo}` }, { "x-workflow-secret": secrets.echo }])
    isError(await host.request("POST", "/api/v1/flow/hook-1", { key: null, body: {}, headers }), 401, "unauthorized");
  assert.equal((await host.fire("a", "echo", {}, { key: secrets.echo })).status, 401);
});

// ---- workflowId

test("workflowId is decoded once", async () => {
  isDone(await hook("hook%2D1", {}, { secret: secrets.echo }));
  isDone(await post("?x=1&workflowId=hook-1&y", {}, { secret: secrets.echo }));
});

for (const query of ["", "?", "?workflowId", "?workflowId=", "?workflowid=hook-1", "?workflowId=hook-1&workflowId=hook-1", "?workflowId=hook-1&workflow%49d=nobody", "?workflowId=%zz", "?workflowId=%00"]) {
  test(`the query ${query || "(none)"} is 400`, async () => {
    for (const secret of [secrets.echo, "wrong"]) isError(await post(query, {}, { secret }), 400, "invalid");
  });
}

// ---- inputs

test("the body's keys are the inputs, merged shallowly over the defaults; null wins, inputs is an ordinary key", async () => {
  const of = async (body) => isDone(await hook("hook-defaults", body, { secret: secrets.defaults })).body;
  assert.deepEqual(await of(undefined), { size: "m", extra: { a: 1 }, inputs: "mine" });
  assert.deepEqual(await of({}), { size: "m", extra: { a: 1 }, inputs: "mine" });
  assert.deepEqual(await of({ extra: { b: 2 }, other: [1] }), { size: "m", extra: { b: 2 }, inputs: "mine", other: [1] });
  assert.deepEqual(await of({ inputs: { size: "l" } }), { size: "m", extra: { a: 1 }, inputs: { size: "l" } });
  const nulled = await of({ size: null });
  assert.equal(nulled.size ?? null, null);
  assert.equal(nulled.inputs, "mine");
});

for (const raw of ["[]", "[1]", '"a"', "0", "true", "null"]) {
  test(`a body may not be ${raw}`, async () => isError(await one(raw), 400, "invalid"));
}

test("the trigger's own rules hold", async () => {
  const strict = (body) => hook("hook-strict", body, { secret: secrets.strict });
  isError(await strict({ n: 6 }), 400, "invalid");
  isError(await strict(undefined), 400, "invalid");
  isError(await strict({ n: 1, pad: "x".repeat(3000) }), 413, "body_too_large");
  isError(await one("{"), 400, "malformed_json");
  isError(await one("{}", { headers: { "content-type": "text/plain" } }), 415, "unsupported_media_type");
});

// ---- answers

test("a failed run is 200 with ok false", async () => {
  const answer = await hook("hook-fails", {}, { secret: secrets.fails });
  assert.equal(answer.status, 200);
  assert.equal(answer.text, `{"ok":false,"runId":"${answer.json.runId}","result":null,"error":"out of tea"}`);
});

test("past the server's limit it is 202, and the run goes on", async () => {
  const answer = await hook("hook-gate", { url: gate.url }, { secret: secrets.gate });
  assert.equal(answer.status, 202);
  assert.equal(answer.text, `{"ok":true,"runId":"${answer.json.runId}","result":null,"error":null,"status":"running"}`);
  (await gate.next()).answer({});
  assert.equal((await host.waitRun(answer.json.runId)).status, "completed");
});

test("every other method is 405", async () => {
  for (const method of ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
    const answer = await host.request(method, "/workflows/trigger?workflowId=hook-1", { key: null });
    isError(answer, 405, "method_not_allowed");
    assert.equal(answer.headers.allow, "POST");
  }
});

test("the script sees no credential", async () => {
  const { headers } = isDone(await one({}, { bearer: "other", headers: { "x-github-event": "push" } }));
  assert.equal(headers["x-github-event"], "push");
  for (const name of ["authorization", "x-workflow-secret"]) assert.equal(headers[name], undefined);
});

test("Idempotency-Key holds across both secrets", async () => {
  const headers = { "idempotency-key": "w-1" };
  const first = await one({ a: 1 }, { headers });
  isDone(first);
  assert.equal((await one({ a: 1 }, { headers })).text, first.text);
  isError(await one({ a: 2 }, { headers }), 422, "idempotency_key_reused");
});

// ---- the command

test("create prints the secret alone, once; two are alive; a third ends the oldest; remove ends all", async () => {
  const made = [];
  for (let i = 0; i < 3; i++) {
    made.push(await create("a/none"));
    assert.match(made[i], /^mtw_[A-Za-z0-9_-]{43}$/);
    for (const [k, secret] of made.entries()) {
      const answer = await hook("hook-none", {}, { secret });
      assert.equal(answer.status, i - k < 2 ? 200 : 401, `secret ${k} after ${i}`);
    }
  }
  const items = JSON.parse((await webhook("list", "--json")).stdout).items.filter((item) => item.trigger === "none");
  assert.deepEqual(items.map((item) => item.revokedAt === null), [false, true, true]);
  for (const item of items) assert.deepEqual(Object.keys(item), ["id", "project", "trigger", "createdAt", "revokedAt"]);

  let known = host.nextLog(/"webhook secret revoked"/);
  assert.equal((await webhook("remove", items[2].id)).code, 0);
  await known;
  isError(await hook("hook-none", {}, { secret: made[2] }), 401, "unauthorized");
  isDone(await hook("hook-none", {}, { secret: made[1] }));
  known = host.nextLog(/"webhook secret revoked"/);
  assert.equal((await webhook("remove", "a/NONE")).code, 0);
  await known;
  isError(await hook("hook-none", {}, { secret: made[1] }), 401, "unauthorized");
  const again = await webhook("remove", "a/none");
  assert.equal(again.code, 1);
  assert.match(again.stderr, /a\/none has no webhook secret/);
});

test("over HTTP secrets are made, listed and removed, in force when it is answered", async () => {
  const where = "/v1/triggers/a/HTTP/webhook";
  const ask = (method, at = where, options) => host.request(method, at, options);
  const opens = async (secret) => (await post("?workflowId=hook-http", {}, { secret })).status;
  const first = await create("a/http");
  assert.equal(await opens(first), 200);
  assert.equal((await ask("DELETE")).status, 204);
  assert.equal(await opens(first), 401);
  assert.equal((await ask("DELETE")).status, 404);
  const [one, two] = [await ask("POST"), await ask("POST")];
  assert.equal(one.status, 201, one.text);
  const { id, secret, createdAt, ...rest } = one.json;
  assert.match(id, /^wh_/);
  assert.match(secret, /^mtw_[\w-]{43}$/);
  assert.deepEqual(rest, { project: "a", trigger: "http", revokedAt: null });
  assert.deepEqual([await opens(secret), await opens(two.json.secret)], [200, 200]);
  const given = "brought from the other product".replaceAll(" ", ".");
  const third = await ask("POST", where, { body: { secret: given } });
  assert.deepEqual([third.status, third.json.secret], [201, undefined]);
  assert.deepEqual([await opens(secret), await opens(two.json.secret), await opens(given)], [401, 200, 200]); // the oldest made room
  const listed = (await ask("GET")).json;
  assert.deepEqual([listed.next, ...listed.items.slice(0, 3).map((item) => [item.id, !item.revokedAt])],
    [null, [third.json.id, true], [two.json.id, true], [id, false]]);
  assert.ok(!JSON.stringify(listed).includes("secret"));
  assert.equal((await ask("DELETE", `/v1/triggers/a/echo/webhook/${two.json.id}`)).status, 404); // of another trigger
  assert.equal(await opens(two.json.secret), 200);
  assert.equal((await ask("DELETE", `${where}/${two.json.id}`)).status, 204);
  assert.equal((await ask("DELETE", `${where}/${two.json.id}`)).status, 404);
  assert.deepEqual([await opens(two.json.secret), await opens(given)], [401, 200]);
  const { items } = (await ask("GET", "/v1/audit?limit=5")).json;
  assert.deepEqual(items.map(({ action, target }) => [action, target]), [["webhook.remove", two.json.id],
    ["webhook.create", "a/http"], ["webhook.create", "a/http"], ["webhook.create", "a/http"], ["webhook.remove", "a/http"]]);
});

test("over HTTP a wrong form or a wrong key says why and changes nothing", async () => {
  const where = "/v1/triggers/a/echo/webhook";
  const make = (body, options) => host.request("POST", where, { body, ...options });
  const before = (await host.request("GET", where)).text;
  for (const secret of ["x".repeat(15), "x".repeat(201), "with blanks in between", "schlüssel-mit-umlaut", "line\nbreak-0123456789", 7, {}]) {
    const { status, json } = await make({ secret });
    assert.deepEqual([status, json.code, json.field, json.detail], [400, "invalid", "/secret", "secret: expected 16 to 200 visible ASCII characters"]);
  }
  const unknown = await make({ secret: "0123456789abcdef", name: "n" });
  assert.deepEqual([unknown.status, unknown.json.detail], [400, "unknown field: a webhook has only a secret"]);
  const same = await make({ secret: secrets.echo });
  assert.deepEqual([same.status, same.json.code, same.json.detail], [409, "conflict", "a/echo has this secret already"]);
  assert.equal((await make({ secret: host.key })).status, 409); // an API key
  const reader = await host.newKey("webhook-reader", "--allow", "run.read", "--project", "a");
  const stranger = await host.newKey("webhook-stranger", "--allow", "*", "--project", "other");
  for (const [key, status] of [[reader, 403], [stranger, 404], [null, 401]])
    for (const [method, at] of [["GET", where], ["POST", where], ["DELETE", where], ["DELETE", `${where}/wh_1`]])
      assert.equal((await host.request(method, at, { key })).status, status, method);
  assert.equal((await host.request("POST", "/v1/triggers/a/unknown/webhook")).status, 404);
  assert.equal((await host.request("DELETE", `${where}/${"x".repeat(200)}`)).status, 404);
  assert.equal((await host.request("GET", where)).text, before);
});

test("create --secret-stdin takes a given value, which opens this door only", async () => {
  const given = "whsec_of_another_product";
  assert.equal(await create("a/none", { input: `${given}\n`, options: ["--secret-stdin"] }), "");
  isDone(await hook("hook-none", {}, { secret: given }));
  const twice = await host.cli(["webhook", "create", "a/none", "--data", host.data, "--secret-stdin"], { input: given });
  assert.equal(twice.code, 1);
  assert.match(twice.stderr, /has this secret already/);
  const key = await host.cli(["key", "create", "--name", "k", "--allow", "*", "--data", host.data, "--secret-stdin"], { input: given });
  assert.equal(key.code, 1);
  assert.match(key.stderr, /is a webhook's secret/);
  const reverse = await host.cli(["webhook", "create", "a/none", "--data", host.data, "--secret-stdin"], { input: host.key });
  assert.equal(reverse.code, 1);
  assert.match(reverse.stderr, /is an API key/);
});

for (const [words, why] of [
  [["create"], /say which trigger, as PROJECT\/KEY/],
  [["create", "a"], /say which trigger/],
  [["create", "a/b/c"], /say which trigger/],
  [["create", "a/b", "c"], /unexpected word "c"/],
  [["remove"], /say which trigger/],
  [["list", "a/b"], /unexpected word "a\/b"/],
  [["crate", "a/b"], /did you mean create/],
]) {
  test(`webhook ${words.join(" ")} is called wrongly`, async () => {
    const done = await webhook(...words);
    assert.equal(done.code, 2, done.stderr);
    assert.match(done.stderr, why);
  });
}

test("secrets survive a restart", async () => {
  await host.restart();
  isDone(await one({}));
  isDone(await hook("hook-2", {}, { secret: secrets.second }));
});

// ---- moontide trigger ID

const trigger = (args, env = {}, input) => host.cli(["trigger", ...args], { env: { MOONTIDE_KEY: "", ...env }, input });

test("trigger ID fires the webhook with MOONTIDE_WEBHOOK_SECRET and prints the four fields", async () => {
  const done = await trigger(["hook-1", "--data", '{"n":1}'], { MOONTIDE_WEBHOOK_SECRET: secrets.echo });
  assert.equal(done.code, 0, done.stderr);
  const answer = JSON.parse(done.stdout);
  assert.deepEqual(Object.keys(answer), ["ok", "runId", "result", "error"]);
  assert.deepEqual(answer.result.body, { n: 1 });
  assert.ok(done.stdout.includes('\n  "ok": true'), "pretty");
});

test("trigger understands the environment of another product", async () => {
  const env = { MOONTIDE_URL: "", WISEBOT_WORKFLOW_TRIGGER_ORIGIN: `${host.url}/`, WISEBOT_WORKFLOW_SECRET: secrets.echo };
  const named = await trigger(["hook-1", "--data", "-"], env, '{"n":2}');
  assert.equal(named.code, 0, named.stderr);
  for (const WISEBOT_WORKFLOW_TRIGGER of ["hook-1", `${host.url}/workflows/trigger?workflowId=hook-1`]) {
    const done = await trigger([], { ...env, WISEBOT_WORKFLOW_TRIGGER });
    assert.equal(done.code, 0, done.stderr);
    assert.equal(JSON.parse(done.stdout).result.kind, "webhook");
  }
  const whole = { MOONTIDE_URL: "", WISEBOT_WORKFLOW_SECRET: secrets.echo, WISEBOT_WORKFLOW_TRIGGER: `${host.url}/workflows/trigger?workflowId=hook-1` };
  assert.equal((await trigger([], whole)).code, 0);
  const ours = await trigger(["hook-1"], { ...env, MOONTIDE_WEBHOOK_SECRET: "not_the_right_secret" });
  assert.equal(ours.code, 1, "MOONTIDE_ goes before WISEBOT_");
});

test("trigger ID fails with status 1 on ok false and on refusals", async () => {
  const failed = await trigger(["hook-fails"], { MOONTIDE_WEBHOOK_SECRET: secrets.fails });
  assert.equal(failed.code, 1);
  assert.equal(JSON.parse(failed.stdout).ok, false);
  assert.match(failed.stderr, /out of tea/);
  const wrong = await trigger(["hook-1"], { MOONTIDE_WEBHOOK_SECRET: secrets.second });
  assert.equal(wrong.code, 1);
  assert.equal(JSON.parse(wrong.stdout).code, "unauthorized");
  assert.match(wrong.stderr, /401 unauthorized.*MOONTIDE_WEBHOOK_SECRET/);
  assert.ok(!`${wrong.stdout}${wrong.stderr}`.includes(secrets.second));
  const odd = await trigger(["hook-1"], { MOONTIDE_WEBHOOK_SECRET: "short" });
  assert.match(odd.stderr, /MOONTIDE_WEBHOOK_SECRET holds no webhook secret/);
  const none = await trigger([], { MOONTIDE_WEBHOOK_SECRET: secrets.echo });
  assert.equal(none.code, 2);
  const query = await trigger(["a&b"], { MOONTIDE_WEBHOOK_SECRET: secrets.echo });
  assert.equal(query.code, 2);
  assert.match(query.stderr, /is no id of a trigger/);
});
