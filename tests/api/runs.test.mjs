// SPDX-License-Identifier: MIT
// GET /v1/runs and what is below it: the run object, lists, permissions, events as JSON, cancel.
import { after, test } from "node:test";
import assert from "node:assert/strict";
import { startHost } from "./host.mjs";
import { gateServer } from "./servers.mjs";

const gate = await gateServer();
const host = await startHost({
  args: ["--egress-allow", gate.address],
  scripts: {
    "r/steps.lua": `
return trigger {
  instruction = "Sum up to {{n}}",
  run = function(event, flow)
    local sum = 0
    for i = 1, event.body.n do sum = sum + flow.step("add " .. i, function() return i end) end
    return { sum = sum }
  end,
}`,
    "r/fails.lua": `return trigger { run = function(event, flow) flow.fail("no", "app.no") end }`,
    "r/gated.lua": `
local http = require "http"
return trigger {
  wait = false,
  run = function(event, flow)
    local first = http.get(event.body.url):json()
    flow.log("between")
    return { first = first, second = http.get(event.body.url):json() }
  end,
}`,
    "r/sleeps.lua": `
return trigger { wait = false, run = function(event, flow) flow.sleep "1h" return "woke" end }`,
    "r/limited.lua": `
local http = require "http"
return trigger {
  wait = false,
  run = function(event, flow)
    return flow.step("call", function() return http.get(event.body.url):json() end, { timeout = "1h" })
  end,
}`,
    "r/page.lua": `return trigger { run = function(event) return event.body.n end }`,
    "other/echo.lua": `return trigger { run = function(event) return event.body end }`,
  },
});
after(async () => {
  await host.done();
  gate.close();
});

const newKey = (...args) => host.newKey(...args);
const list = async (query, options) => {
  const answer = await host.request("GET", `/v1/runs?${query}`, options);
  assert.equal(answer.status, 200, answer.text);
  return answer.json;
};
const cancel = (id, options) => host.request("POST", `/v1/runs/${id}/cancel`, options);
// Resolves with the first record of a run that `matches`.
const record = async (id, matches) => {
  for await (const { json } of host.stream(id)) if (matches(json)) return json;
  throw new Error(`${id} ended before such a record`);
};
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

test("a completed run has every field of its contract", async () => {
  const body = { n: 3, sessionId: "s-1" };
  const { json } = await host.fire("r", "steps", body);
  const run = await host.getRun(json.runId);
  assert.deepEqual(Object.keys(run).sort(), [
    "body", "createdAt", "error", "finishedAt", "instruction", "kind", "parent", "project", "result", "runId", "seq", "sessionId",
    "startedAt", "status", "steps", "trigger", "version", "waiting",
  ]);
  const { createdAt, startedAt, finishedAt, version, seq, ...rest } = run;
  assert.deepEqual(rest, {
    runId: json.runId, project: "r", trigger: "steps", kind: "api", status: "completed", sessionId: "s-1", instruction: "Sum up to 3",
    body, result: { sum: 6 }, error: null, parent: null, waiting: null, steps: 3,
  });
  for (const time of [createdAt, startedAt, finishedAt]) assert.match(time, TIME);
  assert.ok(createdAt <= startedAt && startedAt <= finishedAt);
  assert.match(version, /^[0-9a-f]{64}$/);
  assert.equal(seq, (await host.events(json.runId)).at(-1).seq);
});

test("a failed run has its error with code, message and line", async () => {
  const { json } = await host.fire("r", "fails", undefined);
  const run = await host.getRun(json.runId);
  assert.deepEqual([run.status, run.result, run.body], ["failed", null, null]);
  assert.deepEqual(run.error, { code: "app.no", message: "no", at: "r/fails.lua:1" });
});

test("a run under way has no end yet", async () => {
  const call = gate.next();
  const { json } = await host.fire("r", "gated", { url: gate.url });
  const first = await call;
  const run = await host.getRun(json.runId);
  assert.match(run.status, /^(running|waiting)$/);
  assert.deepEqual([run.result, run.error, run.finishedAt], [null, null, null]);
  const second = gate.next();
  first.answer(1);
  (await second).answer(2);
  assert.deepEqual((await host.waitRun(json.runId)).result, { first: 1, second: 2 });
});

test("unknown, foreign and malformed ids are 404", async () => {
  const { json } = await host.fire("other", "echo", {});
  const key = await newKey("only-r", "--allow", "*", "--project", "r");
  const unknown = json.runId.slice(0, -1) + (json.runId.endsWith("0") ? "1" : "0");
  for (const [id, options] of [[unknown], ["run_"], ["x"], [json.runId + "0"], [`${json.runId}%00`], ["%"], [json.runId, { key }]]) {
    for (const [method, where] of [["GET", ""], ["GET", "/events"], ["POST", "/cancel"]]) {
      const answer = await host.request(method, `/v1/runs/${id}${where}`, options);
      assert.deepEqual([answer.status, answer.json.code], [404, "not_found"], `${method} ${id}${where} ${answer.text}`);
      assert.equal(answer.headers["content-type"], "application/problem+json");
    }
  }
});

test("no key is 401, a key without the permission finds no run", async () => {
  const { json } = await host.fire("other", "echo", {});
  for (const where of ["", "/events"]) assert.equal((await host.request("GET", `/v1/runs/${json.runId}${where}`, { key: null })).status, 401);
  const trigger = await newKey("trigger-only", "--allow", "project.trigger");
  assert.equal((await host.request("GET", `/v1/runs/${json.runId}`, { key: trigger })).status, 404);
  assert.equal((await host.request("GET", "/v1/runs", { key: trigger })).status, 403);
  const reader = await newKey("read-only", "--allow", "run.read");
  assert.equal((await host.request("GET", `/v1/runs/${json.runId}`, { key: reader })).status, 200);
  assert.equal((await cancel(json.runId, { key: reader })).status, 404);
  const bearer = await host.request("GET", `/v1/runs/${json.runId}`, { key: null, headers: { authorization: `bearer ${reader}` } });
  assert.equal(bearer.status, 200);
});

// ---- lists

test("a list is newest first and pages by its cursor, each run once", async () => {
  const ids = [];
  for (let n = 0; n < 25; n++) ids.unshift((await host.fire("r", "page", { n })).json.runId);
  const seen = [];
  let before = "";
  for (let page = 1; page <= 4; page++) {
    const { items, next } = await list(`trigger=page&limit=10${before}`);
    seen.push(...items.map((run) => run.runId));
    assert.equal(items.length, page < 3 ? 10 : 5);
    if (next === null) break;
    before = `&before=${next}`;
  }
  assert.deepEqual(seen, ids);
  const exact = await list("trigger=page&limit=25");
  assert.deepEqual([exact.items.length, exact.next], [25, null]);
});

test("a list is filtered by project, trigger, status and session", async () => {
  await host.fire("other", "echo", { sessionId: "find me" });
  await host.fire("r", "fails", {});
  const check = async (query, matches) => {
    const { items } = await list(query);
    assert.ok(items.length > 0, query);
    for (const run of items) assert.ok(matches(run), `${query}: ${JSON.stringify(run)}`);
  };
  await check("project=other", (run) => run.project === "other");
  await check("trigger=fails", (run) => run.trigger === "fails");
  await check("status=failed", (run) => run.status === "failed");
  await check("session=find%20me", (run) => run.sessionId === "find me");
  await check("project=r&status=failed", (run) => run.project === "r" && run.status === "failed");
  assert.deepEqual((await list("project=other&status=failed")).items, []);
  assert.deepEqual((await list("project=none")).items, []);
});

test("a key sees only the runs of its projects", async () => {
  await host.fire("other", "echo", {});
  await host.fire("r", "page", { n: 0 });
  const key = await newKey("only-other", "--allow", "run.read", "--project", "other");
  const { items } = await list("limit=200", { key });
  assert.ok(items.length > 0);
  assert.deepEqual([...new Set(items.map((run) => run.project))], ["other"]);
  assert.deepEqual((await list("project=r", { key })).items, []);
});

test("a wrong parameter is 400 and named", async () => {
  for (const [query, field] of [
    ["limit=0x", "limit"], ["limit=201", "limit"], ["limit=-1", "limit"], ["limit=1&limit=2", "limit"], ["limit=", "limit"], ["limit=0", "limit"],
    ["before=", "before"], ["before=x", "before"],
    ["status=done", "status"], ["project=a&project=b", "project"], [`session=${"x".repeat(2000)}`, "session"],
  ]) {
    const answer = await host.request("GET", `/v1/runs?${query}`);
    assert.deepEqual([answer.status, answer.json.code, answer.json.field], [400, "invalid", field], `${query}: ${answer.text}`);
    assert.match(answer.json.detail, new RegExp(field));
  }
});

// ---- events as JSON

test("the events of a run come as a JSON array, from any point", async () => {
  const { json } = await host.fire("r", "steps", { n: 2 });
  const records = await host.events(json.runId);
  const get = (query, headers = {}) =>
    host.request("GET", `/v1/runs/${json.runId}/events${query}`, { headers: { accept: "application/json", ...headers } });
  const all = await get("");
  assert.deepEqual([all.status, all.headers["content-type"]], [200, "application/json"]);
  assert.deepEqual(all.json, records);
  assert.deepEqual((await get("?last_event_id=3")).json, records.slice(3));
  assert.deepEqual((await get("", { "last-event-id": "2" })).json, records.slice(2));
  const end = await get(`?last_event_id=${records.length}`);
  assert.deepEqual([end.status, end.json], [200, []]);
});

test("the events of a run under way come as an array of what is committed", async () => {
  const call = gate.next();
  const { json } = await host.fire("r", "gated", { url: gate.url });
  const { answer } = await call;
  const events = await host.request("GET", `/v1/runs/${json.runId}/events`, { headers: { accept: "application/json" } });
  assert.deepEqual(events.json.map(({ type }) => type), ["run.accepted", "run.started", "step.started"]);
  const second = gate.next();
  answer(1);
  (await second).answer(2);
  await host.waitRun(json.runId);
});

// ---- what it waits for

test("a run says what it waits for: alone, in a list, and after a restart", async () => {
  const before = Date.now();
  const { json } = await host.fire("r", "sleeps", {});
  await record(json.runId, ({ type }) => type === "run.waiting");
  const { waiting } = await host.getRun(json.runId);
  assert.deepEqual(waiting, { for: "sleep", until: waiting.until, name: "1h" });
  assert.ok(Math.abs(Date.parse(waiting.until) - before - 3600_000) < 60_000, waiting.until);
  const listed = async () => (await list("trigger=sleeps&limit=200")).items.find(({ runId }) => runId === json.runId);
  assert.deepEqual((await listed()).waiting, waiting);
  await host.restart();
  assert.deepEqual((await host.getRun(json.runId)).waiting, waiting);
  assert.deepEqual((await listed()).waiting, waiting);
  await cancel(json.runId);
  assert.equal((await host.getRun(json.runId)).waiting, null);
});

test("a step with a time limit waits for its call, not for the limit", async () => {
  const call = gate.next();
  const { json } = await host.fire("r", "limited", { url: gate.url });
  const { answer } = await call;
  assert.equal((await host.getRun(json.runId)).waiting.for, "http");
  answer({});
  await host.waitRun(json.runId);
});

test("a run that waits in memory says so too, and stops saying so when it goes on", async () => {
  const call = gate.next();
  const { json } = await host.fire("r", "gated", { url: gate.url });
  const { answer } = await call;
  const { waiting } = await host.getRun(json.runId);
  assert.equal(waiting.for, "http");
  assert.equal(waiting.name, `GET ${gate.address}/`);
  const second = gate.next();
  answer({ n: 1 });
  (await second).answer({ n: 2 });
  assert.equal((await host.waitRun(json.runId)).waiting, null);
});

// ---- cancel

test("a run that waits for an answer is cancelled at once", async () => {
  const call = gate.next();
  const { json } = await host.fire("r", "gated", { url: gate.url });
  const { gone } = await call;
  const answer = await cancel(json.runId);
  assert.deepEqual([answer.status, answer.json], [202, { runId: json.runId, status: "cancelling" }]);
  const run = await host.waitRun(json.runId);
  assert.deepEqual([run.status, run.error.code, run.result], ["cancelled", "cancelled", null]);
  const types = (await host.events(json.runId)).map(({ type }) => type);
  assert.deepEqual(types, ["run.accepted", "run.started", "step.started", "run.cancelled"]);
  await gone; // its call is given up too
});

test("a run that is asleep and out of memory is cancelled", async () => {
  const { json } = await host.fire("r", "sleeps", {});
  await record(json.runId, ({ type }) => type === "run.waiting");
  assert.equal((await host.getRun(json.runId)).status, "waiting");
  assert.equal((await cancel(json.runId)).status, 202);
  const run = await host.waitRun(json.runId);
  assert.equal(run.status, "cancelled");
  assert.equal((await host.events(json.runId)).filter(({ type }) => type === "run.cancelled").length, 1);
});

test("a sleeping run is cancelled after a restart as well", async () => {
  const { json } = await host.fire("r", "sleeps", {});
  await record(json.runId, ({ type }) => type === "run.waiting");
  await host.restart();
  assert.equal((await cancel(json.runId)).status, 202);
  assert.equal((await host.waitRun(json.runId)).status, "cancelled");
});

test("a run that has ended cannot be cancelled: 409, and nothing changes", async () => {
  const { json } = await host.fire("r", "page", { n: 1 });
  const before = await host.getRun(json.runId);
  const answer = await cancel(json.runId);
  assert.deepEqual([answer.status, answer.json.code], [409, "conflict"]);
  assert.deepEqual(await host.getRun(json.runId), before);
});

test("cancelled twice at once it ends once", async () => {
  const call = gate.next();
  const { json } = await host.fire("r", "gated", { url: gate.url });
  await call;
  const answers = await Promise.all(Array.from({ length: 8 }, () => cancel(json.runId)));
  assert.ok(answers.some(({ status }) => status === 202));
  for (const { status } of answers) assert.ok(status === 202 || status === 409, status);
  await host.waitRun(json.runId);
  const ends = (await host.events(json.runId)).filter(({ type }) => type === "run.cancelled");
  assert.equal(ends.length, 1);
});

test("a caller who waits for a cancelled run is told so", async () => {
  const call = gate.next();
  const where = "/v1/projects/r/triggers/gated/runs";
  const waiting = host.request("POST", where, { body: { url: gate.url }, headers: { prefer: "wait=60" } });
  const { run } = await call;
  await cancel(run);
  const answer = await waiting;
  assert.deepEqual([answer.status, answer.json.code, answer.json.runId], [500, "run_cancelled", run]);
});
