// SPDX-License-Identifier: MIT
// A disk that takes no more. The host's limit on the size of its files (prlimit) stands in for it: writes fail, reads do not.
import { test } from "node:test";
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { startHost } from "../api/host.mjs";
import { gateServer } from "../api/servers.mjs";

const scripts = {
  "d/quick.lua": `return trigger { run = function(event) return event.body end }`,
  "d/once.lua": `return trigger { unique = true, run = function(event) return event.body end }`,
  "d/gated.lua": `
local http = require "http"
return trigger {
  run = function(event, flow)
    local first = http.get(event.body.url):json()
    flow.log("between")
    return { first = first, second = http.get(event.body.url):json() }
  end,
}`,
};

async function setUp(t) {
  const gate = await gateServer();
  const host = await startHost({ t, scripts, args: ["--egress-allow", gate.address] });
  t.after(() => gate.close());
  const limit = (value) => promisify(execFile)("prlimit", ["--pid", String(host.pid), `--fsize=${value}:unlimited`]);
  return { gate, host, fill: () => limit(1), free: () => limit("unlimited") };
}
const refused = /error .*the store refuses writes/;
const works = /the store works again/;

test("with a full disk new runs are 503, what is there can be read, and it recovers by itself", async (t) => {
  const { host, fill, free } = await setUp(t);
  const before = (await host.fire("d", "quick", { n: 1 })).json;
  const told = host.nextLog(refused);
  await fill();
  for (let n = 0; n < 3; n++) {
    const answer = await host.fire("d", "quick", { n });
    assert.deepEqual([answer.status, answer.json.code, answer.json.runId], [503, "store_unavailable", undefined], answer.text);
    assert.equal(answer.headers["retry-after"], "1");
  }
  assert.match(await told, /disk full|space|I\/O/);
  assert.equal((await host.request("GET", "/healthz")).status, 200);
  const ready = await host.request("GET", "/readyz");
  assert.deepEqual([ready.status, ready.json.store], [503, "refuses writes"]);
  assert.deepEqual((await host.getRun(before.runId)).result, { n: 1 });
  assert.equal((await host.events(before.runId)).at(-1).type, "run.completed");
  assert.equal((await host.request("GET", "/v1/runs")).json.items.length, 1);
  const again = host.nextLog(works);
  await free();
  await again; // nobody had to ask
  assert.equal((await host.request("GET", "/readyz")).status, 200);
  assert.equal((await host.fire("d", "quick", { n: 2 })).status, 200);
  assert.equal((await host.request("GET", "/v1/runs")).json.items.length, 2);
});

test("a refused request leaves no claim: the same body is taken once the disk is free", async (t) => {
  const { host, fill, free } = await setUp(t);
  await fill();
  const key = { headers: { "idempotency-key": "one" } };
  assert.equal((await host.fire("d", "once", { n: 1 }, key)).status, 503);
  const again = host.nextLog(works);
  await free();
  await again;
  const answer = await host.fire("d", "once", { n: 1 }, key);
  assert.equal(answer.status, 200, answer.text);
  assert.equal((await host.fire("d", "once", { n: 1 })).json.code, "duplicate");
});

test("a run under way waits for the disk and then goes on; its caller gets the answer", async (t) => {
  const { gate, host, fill, free } = await setUp(t);
  const call = gate.next();
  const fired = host.fire("d", "gated", { url: gate.url });
  const first = await call;
  const told = host.nextLog(refused);
  await fill();
  first.answer(1); // its record cannot be written, so the next call is not made
  await told;
  const run = await host.getRun(first.run);
  assert.equal(run.finishedAt, null);
  const next = gate.next();
  await free();
  const second = await next;
  assert.notEqual(second.step, first.step);
  second.answer(2);
  const answer = await fired;
  assert.deepEqual([answer.status, answer.json.response], [200, { first: 1, second: 2 }]);
  const seqs = (await host.events(first.run)).map(({ seq }) => seq);
  assert.deepEqual(seqs, seqs.map((_, i) => i + 1));
});

test("a host that is stopped or killed with a full disk loses nothing that was accepted", async (t) => {
  for (const way of ["stop", "kill"]) {
    const { gate, host, fill } = await setUp(t);
    const call = gate.next();
    const { json } = await host.fireAsync("d", "gated", { url: gate.url });
    const first = await call;
    const told = host.nextLog(refused);
    await fill();
    first.answer("lost");
    await told;
    await host[way]();
    const again = gate.next();
    await host.start(); // a new process: no limit
    const repeated = await again;
    assert.equal(repeated.step, first.step); // its answer had not reached the disk
    const second = gate.next();
    repeated.answer(1);
    (await second).answer(2);
    assert.deepEqual((await host.waitRun(json.runId)).result, { first: 1, second: 2 }, way);
  }
});

test("a version that was loaded while the disk was full is kept as soon as it works", async (t) => {
  const { gate, host, fill, free } = await setUp(t);
  const told = host.nextLog(refused);
  await fill();
  const loaded = host.nextLog(/"trigger loaded" trigger=d\/fresh/);
  await host.write("d/fresh.lua", scripts["d/gated.lua"]);
  await Promise.all([loaded, told]);
  const again = host.nextLog(works);
  await free();
  await again;
  const call = gate.next();
  const { json } = await host.fireAsync("d", "fresh", { url: gate.url });
  await call;
  await host.kill();
  await host.remove("d/fresh.lua"); // only the store has it now
  const repeated = gate.next();
  await host.start();
  const first = await repeated;
  const second = gate.next();
  first.answer(1);
  (await second).answer(2);
  assert.equal((await host.waitRun(json.runId)).status, "completed");
});
