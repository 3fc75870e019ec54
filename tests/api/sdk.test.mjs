// SPDX-License-Identifier: MIT
// host/ui/sdk.js as the host serves it: small, without imports, and true to its four calls.
import { after, test } from "node:test";
import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import { gzipSync } from "node:zlib";
import { startHost } from "./host.mjs";

const host = await startHost({
  scripts: {
    "s/sum.lua": `return trigger {
  input = { a = "number" },
  run = function(event, flow)
    local double = flow.step("double", function() return event.body.a * 2 end)
    return { sum = double + 1 }
  end }`,
    "s/fails.lua": `return trigger { run = function(event, flow) flow.fail("no luck", "app.no") end }`,
    "s/slow.lua": `return trigger { wait = false, run = function(event, flow) flow.sleep "1h" end }`,
  },
});
after(() => host.done());

const source = await host.request("GET", "/ui/sdk.js", { key: null });
const { createClient, MoontideError } = await import(`data:text/javascript;base64,${Buffer.from(source.text).toString("base64")}`);
const client = createClient({ url: host.url, key: host.key });
const all = async (records) => {
  const list = [];
  for await (const record of records) list.push(record);
  return list;
};

// A server whose n-th answer is answers[n](request, response); for what a real host does only when it is in trouble.
async function fake(t, ...answers) {
  const seen = [];
  const server = http.createServer((request, response) => {
    seen.push(request);
    answers[seen.length - 1](request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => (server.closeAllConnections(), server.close()));
  return { seen, client: createClient({ url: `http://127.0.0.1:${server.address().port}/`, key: "k" }) };
}
const record = (seq, type = "log") => `id: ${seq}\ndata: ${JSON.stringify({ v: 1, run: "run_x", seq, at: "", type })}\n\n`;

test("it has, with the widget, at most 5 kB, no imports, and its types lie beside it", async () => {
  assert.equal(source.headers["content-type"], "text/javascript; charset=utf-8");
  const widget = await host.request("GET", "/ui/widget.js", { key: null });
  for (const { headers } of [source, widget]) assert.equal(headers["access-control-allow-origin"], "*"); // a module is fetched so
  assert.equal((await host.request("GET", "/ui/app.js", { key: null })).headers["access-control-allow-origin"], undefined);
  const size = gzipSync(source.text, { level: 9 }).length + gzipSync(widget.text, { level: 9 }).length;
  assert.ok(size <= 5000, `${size} bytes`);
  assert.doesNotMatch(source.text, /^\s*import\b|require\(/m);
  const types = await host.request("GET", "/ui/sdk.d.ts", { key: null });
  assert.equal(types.status, 200);
  assert.match(types.headers["content-type"], /^text\/plain/);
  for (const name of ["createClient", "MoontideError", "workflows", "triggers", "stream(", "cancel(", "widgets", "createWidget"]) assert.ok(types.text.includes(name), name);
});

test("workflows.run resolves to the four fields, also when the run fails", async () => {
  const good = await client.workflows.run("s.sum", { inputs: { a: 4 } });
  assert.deepEqual(good, { ok: true, runId: good.runId, result: { sum: 9 }, error: null });
  assert.match(good.runId, /^run_/);
  const bad = await client.workflows.run("s.fails");
  assert.deepEqual([bad.ok, bad.result, typeof bad.error], [false, null, "string"]);
  await assert.rejects(client.workflows.run("s.sum", { inputs: { a: "x" } }), (error) =>
    error instanceof MoontideError && error.status === 400 && error.code === "invalid" && error.message.length > 0);
  await assert.rejects(client.workflows.run("s/../none"), { status: 404 });
});

test("triggers.fire answers with the result, or at once", async () => {
  const done = await client.triggers.fire("s", "sum", { a: 1 });
  assert.deepEqual([done.status, done.result], ["completed", { sum: 3 }]);
  const started = await client.triggers.fire("s", "sum", { a: 1 }, { wait: false });
  assert.match(started.runId, /^run_/);
  assert.equal(started.result, null);
  const [one, two] = [await client.triggers.fire("s", "sum", { a: 1 }, { idempotencyKey: "k1" }),
    await client.triggers.fire("s", "sum", { a: 1 }, { idempotencyKey: "k1" })];
  assert.equal(one.runId, two.runId);
  await assert.rejects(client.triggers.fire("s", "sum", { a: "x" }), { status: 400, code: "invalid", field: "/a" });
  await assert.rejects(client.triggers.fire("s", "fails"), (error) => error.status === 500 && /^run_/.test(error.runId));
});

test("runs.stream gives every record once, up to the end; a streamUrl needs no key", async () => {
  const { runId, streamUrl } = await client.triggers.fire("s", "sum", { a: 2 });
  const records = await all(client.runs.stream(runId));
  assert.deepEqual(records, await host.events(runId));
  assert.equal(records.at(-1).type, "run.completed");
  assert.deepEqual(await all(createClient({ url: host.url }).runs.stream(streamUrl)), records);
  assert.deepEqual(await all(client.runs.stream(runId, { after: records.at(-2).seq })), records.slice(-1));
  assert.deepEqual(await all(client.runs.stream(runId, { after: records.at(-1).seq })), []);
  await assert.rejects(all(client.runs.stream("run_none")), { status: 404 });
  await assert.rejects(all(createClient({ url: host.url }).runs.stream(runId)), { status: 401 });
});

test("runs.cancel ends a run that is being followed", async () => {
  const { runId } = await client.triggers.fire("s", "slow");
  const types = [];
  for await (const { type } of client.runs.stream(runId)) {
    types.push(type);
    if (type === "run.waiting" || type === "step.started") await client.runs.cancel(runId).catch((error) => assert.equal(error.status, 409));
  }
  assert.equal(types.at(-1), "run.cancelled");
  assert.equal((await client.runs.get(runId)).status, "cancelled");
  await assert.rejects(client.runs.cancel(runId), { status: 409, code: "conflict" });
});

test("a stream that is left lets go of its connection, one that is aborted throws", async () => {
  const { runId } = await client.triggers.fire("s", "slow");
  for await (const { seq } of client.runs.stream(runId)) {
    assert.equal(seq, 1);
    break;
  }
  const stop = new AbortController();
  await assert.rejects(async () => {
    for await (const { seq } of client.runs.stream(runId, { signal: stop.signal })) if (seq) stop.abort();
  }, { name: "AbortError" });
  await client.runs.cancel(runId);
});

test("a connection that breaks is taken up behind the last record", async (t) => {
  const head = { "content-type": "text/event-stream" };
  const { seen, client: other } = await fake(t,
    (request, response) => (response.writeHead(200, head), response.write(`retry: 1\n\n: hi\n\n${record(1)}id: 2\ndata: {"cut`, () => response.destroy())),
    (request, response) => request.socket.destroy(),
    (request, response) => (response.writeHead(503, { "retry-after": "1" }), response.end("busy")),
    (request, response) => (response.writeHead(200, head), response.end(record(1) + record(2) + record(3, "run.completed"))),
  );
  assert.deepEqual((await all(other.runs.stream("run_x"))).map((r) => r.seq), [1, 2, 3]);
  assert.deepEqual(seen.map((request) => request.headers["last-event-id"]), [undefined, "1", "1", "1"]);
  assert.equal(seen[0].headers.authorization, "Bearer k");
});

test("a stream that never goes on is given up", async (t) => {
  const end = (request, response) => response.writeHead(200, { "content-type": "text/event-stream" }).end("retry: 1\n\n");
  const { seen, client: other } = await fake(t, ...Array(8).fill(end));
  await assert.rejects(all(other.runs.stream("run_x")), { status: 0, name: "MoontideError" });
  assert.equal(seen.length, 8);
});

test("an answer that is not the host's is still an error with its status", async (t) => {
  const { client: other } = await fake(t, (request, response) => response.writeHead(502).end("<h1>Bad gateway"));
  await assert.rejects(other.runs.get("run_x"), { status: 502, code: "error", message: "502 Bad Gateway" });
});
