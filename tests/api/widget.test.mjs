// SPDX-License-Identifier: MIT
// Publishable widget keys: what stands in a page's source starts the runs of widgets, from their pages, and opens nothing else.
import { after, test } from "node:test";
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { startHost } from "./host.mjs";

const PAGE = "https://shop.example";
const OTHER = "https://blog.example";
const ECHO = "run = function(event) return { body = event.body, inputs = event.inputs, kind = event.kind, session = event.sessionId } end";
const host = await startHost({
  scripts: {
    "w/chat.lua": `return trigger { id = "scenario_chat", widget = true, origins = { "${PAGE}", "${OTHER}" },
      defaults = { lang = "en" }, input = { name = { type = "string", optional = true } }, body = "4KB", ${ECHO} }`,
    "w/closed.lua": `return trigger { id = "closed", origins = { "${PAGE}" }, ${ECHO} }`,
    "w/paused.lua": `return trigger { id = "paused", widget = true, paused = true, origins = { "${PAGE}" }, ${ECHO} }`,
    "w/once.lua": `return trigger { id = "once", widget = true, unique = true, origins = { "${PAGE}" }, ${ECHO} }`,
    "w/home.lua": `return trigger { id = "home", widget = true, origins = { "${PAGE}" }, block = { "127.0.0.1" }, ${ECHO} }`,
    "x/chat.lua": `return trigger { id = "elsewhere", widget = true, origins = { "${PAGE}" }, ${ECHO} }`,
  },
});
after(() => host.done());
const key = await host.newKey("page", "--widget", "--project", "w");
const narrow = await host.newKey("narrow", "--widget", "--origin", OTHER);

const start = (id, body, { origin = PAGE, as = key, headers = {}, ...rest } = {}) =>
  host.request("POST", `/v1/widget/${id}/runs`, { key: null, body, ...rest,
    headers: { ...(as && { authorization: `Bearer ${as}` }), ...(origin && { origin }), ...headers } });
// What a stranger can compare: status, body but for the request's own id, and the headers but for those that differ by time.
const shape = ({ status, text, headers: { date, "x-request-id": id, ...headers } }) => ({ status, text: text.replaceAll(id, "ID"), headers });

test("a page starts a run with its variables, at once, and follows it by the streamUrl alone", async () => {
  assert.match(key, /^mtpk_[\w-]{43}$/);
  const answer = await start("scenario_chat", { variables: { name: "Ada" } });
  assert.equal(answer.status, 202, answer.text);
  assert.deepEqual(Object.keys(answer.json), ["runId", "sessionId", "status", "streamUrl"]);
  assert.equal(answer.headers["access-control-allow-origin"], PAGE);
  assert.equal(answer.headers["x-run-id"], answer.json.runId);
  const stream = await host.request("GET", answer.json.streamUrl, { key: null, headers: { accept: "application/json", origin: PAGE } });
  assert.equal(stream.status, 200);
  const run = await host.waitRun(answer.json.runId);
  const body = { lang: "en", name: "Ada" };
  assert.deepEqual(run.result, { body, inputs: body, kind: "widget", session: answer.json.sessionId });
  assert.equal(run.kind, "widget");
});

test("without a body, and with x-api-key, it starts as well", async () => {
  const answer = await start("scenario_chat", undefined, { as: null, headers: { "x-api-key": key } });
  assert.equal(answer.status, 202, answer.text);
  assert.deepEqual((await host.waitRun(answer.json.runId)).result.body, { lang: "en" });
});

test("a session goes on by the id that an earlier answer gave, and by no other", async () => {
  const { sessionId } = (await start("scenario_chat", {})).json;
  assert.equal((await start("scenario_chat", { sessionId })).json.sessionId, sessionId);
  for (const guess of ["ada@shop.example", "ses_1", "", 7, {}, `xes_${sessionId.slice(4)}`]) {
    const answer = await start("scenario_chat", { sessionId: guess });
    assert.deepEqual([answer.status, answer.json.code, answer.json.field], [400, "invalid", "/sessionId"], JSON.stringify(guess));
    assert.equal(answer.headers["access-control-allow-origin"], PAGE);
  }
});

test("what is wrong is named, and the page can read it", async () => {
  const cases = [
    [{ variables: { name: 7 } }, 400, "invalid", "/name"],
    [{ variables: [] }, 400, "invalid", "/variables"],
    [{ variable: {} }, 400, "invalid", "/variable"],
    ["{", 400, "malformed_json", ""],
    [[1], 400, "invalid", ""],
    [{ variables: { name: "x".repeat(5000) } }, 413, "body_too_large"],
  ];
  for (const [body, status, code, field] of cases) {
    const answer = await start("scenario_chat", body);
    assert.deepEqual([answer.status, answer.json.code, answer.json.field], [status, code, field], answer.text);
    assert.equal(answer.headers["access-control-allow-origin"], PAGE);
  }
  const typed = await start("scenario_chat", "x", { headers: { "content-type": "text/plain" } });
  assert.deepEqual([typed.status, typed.headers["access-control-allow-origin"]], [415, PAGE]);
});

test("unknown, no widget, paused, of another project, for another page: one and the same 404", async () => {
  const want = shape(await start("nowhere", {}));
  assert.equal(want.status, 404);
  assert.equal(want.headers["access-control-allow-origin"], undefined);
  const others = [
    start("closed", {}), start("paused", {}), start("elsewhere", {}), start("scenario_chat", {}, { as: narrow }),
    start("SCENARIO_CHAT", {}), start("w.chat", {}), start("%00", {}),
    ...[null, "null", "https://shop.example:443", "HTTPS://shop.example", "https://shop.example/", "http://shop.example", "*",
      "https://shop.example.evil", "https://evil.example", `${PAGE}, ${OTHER}`, ""].map((origin) => start("scenario_chat", {}, { origin })),
  ];
  for (const answer of await Promise.all(others)) assert.deepEqual(shape(answer), want);
  const broken = shape(await start("nowhere", "{", { headers: { "content-type": "text/plain" } }));
  assert.deepEqual(broken, want, "whatever the body is");
  assert.equal((await start("scenario_chat", {}, { as: narrow, origin: OTHER })).status, 202);
});

test("an address that is not let in is told so after the key held", async () => {
  const answer = await start("home", {});
  assert.deepEqual([answer.status, answer.json.code, answer.headers["access-control-allow-origin"]], [403, "address_denied", PAGE]);
});

test("no other key opens the widget route; the page reads its 401", async () => {
  const revoked = await host.newKey("gone", "--widget");
  await host.revokeKey("gone");
  const want = shape(await start("scenario_chat", {}, { as: "mtpk_wrong" }));
  assert.equal(want.status, 401);
  assert.equal(want.headers["access-control-allow-origin"], PAGE);
  for (const as of [host.key, null, "", revoked, await host.newKey("trigger", "--allow", "project.trigger")])
    assert.deepEqual(shape(await start("scenario_chat", {}, { as })), want);
});

test("on every other route a widget key is a wrong key", async () => {
  const mine = (await start("scenario_chat", {})).json;
  const run = mine.runId;
  await host.waitRun(run);
  const routes = [
    ["POST", "/api/v1.0/project/w/trigger/chat"], ["POST", "/api/agent/trigger/"], ["POST", "/api/scenario/scenario_chat/trigger/"],
    ["POST", "/api/v1/flow/scenario_chat"], ["POST", "/workflows/trigger?workflowId=scenario_chat"],
    ["POST", "/v1/projects/w/triggers/chat/runs"], ["GET", "/v1/runs"], ["GET", `/v1/runs/${run}`], ["GET", `/v1/runs/${run}/events`],
    ["POST", `/v1/runs/${run}/cancel`], ["GET", "/v1/triggers"], ["GET", "/v1/triggers/w/chat"], ["GET", "/v1/triggers/w/chat/snippets"],
    ["POST", "/v1/triggers/w/chat/pause"], ["POST", "/v1/triggers/w/chat/resume"], ["GET", "/v1/keys"], ["POST", "/v1/keys"],
    ["DELETE", "/v1/keys/key_x"], ["GET", "/v1/secrets"], ["POST", "/v1/secrets"], ["DELETE", "/v1/secrets/X"], ["GET", "/v1/audit"],
    ["GET", "/openapi.json"],
  ];
  for (const [method, where] of routes)
    for (const name of ["x-api-key", "authorization"]) {
      const as = (secret) => host.request(method, where, { key: null, headers: { origin: PAGE, [name]: name === "authorization" ? `Bearer ${secret}` : secret } });
      const [widget, wrong] = [await as(key), await as("mt_wrong")];
      assert.equal(widget.status, 401, `${method} ${where} by ${name}: ${widget.text}`);
      assert.deepEqual(shape(widget), shape(wrong), `${method} ${where} by ${name}`);
    }
  assert.equal((await host.getRun(run)).status, "completed");
});

test("a streamUrl reads its own run and no other", async () => {
  const [one, two] = [(await start("scenario_chat", {})).json, (await start("scenario_chat", {})).json];
  const token = new URL(one.streamUrl, host.url).search;
  assert.equal((await host.request("GET", `/v1/runs/${two.runId}/events${token}`, { key: null })).status, 401);
  assert.equal((await host.request("GET", `/v1/runs/${one.runId}${token}`, { key: null })).status, 401);
  assert.equal((await host.request("POST", `/v1/runs/${one.runId}/cancel${token}`, { key: null })).status, 401);
});

test("an Idempotency-Key that could be guessed is refused; a good one gives the first run again", async () => {
  const guess = await start("scenario_chat", {}, { headers: { "idempotency-key": "order-1" } });
  assert.deepEqual([guess.status, guess.json.field], [400, "Idempotency-Key"]);
  const headers = { "idempotency-key": randomUUID() };
  const [one, two] = [await start("scenario_chat", { variables: {} }, { headers }), await start("scenario_chat", { variables: {} }, { headers })];
  assert.equal(one.json.runId, two.json.runId);
  assert.equal((await start("scenario_chat", { variables: { name: "x" } }, { headers })).status, 422);
});

test("a duplicate does not name the run of whoever came first", async () => {
  const first = await start("once", { variables: { n: 1 } });
  assert.equal(first.status, 202);
  const second = await start("once", { variables: { n: 1 } });
  assert.deepEqual([second.status, second.json.code, second.json.runId, second.headers["x-run-id"]], [400, "duplicate", undefined, undefined]);
});

test("the rate of a widget key is told to the page, whichever trigger is meant", async () => {
  const slow = await host.newKey("rated", "--widget", "--project", "w", "--rate", "1");
  assert.equal((await start("scenario_chat", {}, { as: slow })).status, 202);
  const [known, unknown] = [await start("scenario_chat", {}, { as: slow }), await start("nowhere", {}, { as: slow })];
  assert.deepEqual([known.status, known.json.code, unknown.status], [429, "rate_limited", 429]);
  assert.equal(known.headers["access-control-allow-origin"], PAGE);
  assert.match(known.headers["retry-after"], /^\d+$/);
});

test("keys are made by command and over HTTP, and say what they are bound to", async () => {
  const post = (body) => host.request("POST", "/v1/keys", { body });
  const form = { name: "http", permissions: ["widget.trigger"], projects: ["w"] };
  const made = await post({ ...form, origins: ["https://A.example", "http://localhost:3000"] });
  assert.equal(made.status, 201, made.text);
  assert.match(made.json.secret, /^mtpk_[\w-]{43}$/);
  assert.deepEqual([made.json.permissions, made.json.origins], [["widget.trigger"], ["https://a.example", "http://localhost:3000"]]);
  for (const [body, field] of [
    [{ ...form, origins: ["*"] }, "/origins"], [{ ...form, origins: ["https://a.example/x"] }, "/origins"], [{ ...form, origins: 7 }, "/origins"],
    [{ ...form, permissions: ["widget.trigger", "run.read"] }, "/permissions"], [{ ...form, permissions: ["widget.trigger", "*"] }, "/permissions"],
    [{ ...form, permissions: ["run.read"], origins: ["https://a.example"] }, "/origins"],
    [{ ...form, origins: Array.from({ length: 60 }, (_, i) => `https://a-long-name-of-a-shop-${i}.example`) }, "/origins"],
  ]) {
    const answer = await post(body);
    assert.deepEqual([answer.status, answer.json.field], [400, field], answer.text);
  }
  const weak = await host.newKey("weak", "--allow", "key.manage", "--project", "w");
  assert.equal((await host.request("POST", "/v1/keys", { key: weak, body: form })).status, 403);
  const cli = (...args) => host.cli(["key", "create", "--data", host.data, "--name", "n", ...args]);
  for (const args of [["--widget", "--allow", "run.read"], ["--allow", "run.read", "--origin", PAGE], ["--widget", "--origin", "*"],
    ["--allow", "widget.trigger,run.read"]]) {
    const { code, stdout, stderr } = await cli(...args);
    assert.deepEqual([code, stdout], [2, ""], stderr);
  }
  const listed = JSON.parse((await host.cli(["key", "list", "--json", "--data", host.data])).stdout).items;
  assert.deepEqual(listed.find((k) => k.name === "narrow").origins, [OTHER]);
  assert.deepEqual(listed.find((k) => k.name === "page").origins, []);
});

test("a declaration that cannot hold is refused with its line", async () => {
  const line = host.nextLog(/w\/bad\.lua:3:.*needs origins/);
  await host.write("w/bad.lua", "return trigger {\n  run = function() end,\n  widget = true,\n}");
  await line;
});
