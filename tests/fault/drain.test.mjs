// SPDX-License-Identifier: MIT
// How a host ends and what it says when it cannot begin.
import { test } from "node:test";
import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import path from "node:path";
import { cli, closing, startHost } from "../api/host.mjs";
import { gateServer } from "../api/servers.mjs";

const DRAIN_MS = 10_000;
const scripts = {
  "d/gated.lua": `
local http = require "http"
return trigger {
  run = function(event, flow)
    local first = http.get(event.body.url):json()
    flow.log("between")
    return { first = first, second = http.get(event.body.url):json() }
  end,
}`,
  "d/quick.lua": `return trigger { run = function() return 1 end }`,
};

async function setUp(t, args = []) {
  const gate = await gateServer();
  const host = await startHost({ t, scripts, args: ["--egress-allow", gate.address, ...args] });
  t.after(() => gate.close());
  return { gate, host };
}

// SIGTERM; the promise of the end and, at once, of the log line.
function term(host) {
  const draining = host.nextLog(/draining/);
  const start = Date.now();
  const ended = host.ended.then((end) => ({ ...end, took_ms: Date.now() - start }));
  host.child.kill("SIGTERM");
  return { draining, ended };
}

test("an idle host ends at once, with status 0", async (t) => {
  const { host } = await setUp(t);
  const { ended } = term(host);
  const { code, took_ms } = await ended;
  assert.equal(code, 0);
  assert.ok(took_ms < 3000, `${took_ms} ms`);
  host.checkSanitizers();
});

test("a waiting caller gets the answer before the host ends, new ones are refused", async (t) => {
  const { gate, host } = await setUp(t);
  const call = gate.next();
  const fired = host.fire("d", "gated", { url: gate.url });
  const first = await call;
  const second = gate.next();
  const { draining, ended } = term(host);
  await draining;
  const refused = await host.fire("d", "quick", {}).catch((error) => error);
  assert.ok(refused.code === "ECONNREFUSED" || refused.code === "ECONNRESET" || refused.status === 503, String(refused.status ?? refused));
  first.answer(1);
  (await second).answer(2);
  const answer = await fired;
  assert.deepEqual([answer.status, answer.json.response], [200, { first: 1, second: 2 }]);
  const { code, took_ms } = await ended;
  assert.equal(code, 0);
  assert.ok(took_ms < DRAIN_MS);
  host.checkSanitizers();
});

test("a run that nobody waits for is left, resumed at the next start, and none of its steps is done again", async (t) => {
  const { gate, host } = await setUp(t);
  const call = gate.next();
  const { json } = await host.fireAsync("d", "gated", { url: gate.url });
  const second = gate.next();
  (await call).answer("once");
  const { step } = await second; // its answer is lost
  const { ended } = term(host);
  const { code, took_ms } = await ended;
  assert.equal(code, 0);
  assert.ok(took_ms < 3000, `${took_ms} ms`);
  const again = gate.next();
  await host.start();
  const { step: repeated, answer } = await again;
  assert.equal(repeated, step);
  answer("twice asked");
  assert.deepEqual((await host.waitRun(json.runId)).result, { first: "once", second: "twice asked" });
});

test("a caller who waits longer than the drain is cut off in time, and the run goes on after the restart", async (t) => {
  const { gate, host } = await setUp(t, ["--drain-timeout", "2s"]);
  const call = gate.next();
  const fired = host.fire("d", "gated", { url: gate.url }).catch((error) => error);
  const { run } = await call;
  const { ended } = term(host);
  const { code, took_ms } = await ended;
  assert.equal(code, 0);
  assert.ok(took_ms < 2500, `${took_ms} ms`);
  await fired;
  const again = gate.next();
  await host.start();
  const first = await again;
  const second = gate.next();
  first.answer(1);
  (await second).answer(2);
  assert.deepEqual((await host.waitRun(run)).result, { first: 1, second: 2 });
});

test("readers of a stream are sent away whole and come back to the next host", async (t) => {
  const { gate, host } = await setUp(t);
  const call = gate.next();
  const { json } = await host.fireAsync("d", "gated", { url: gate.url });
  await call;
  const seen = [];
  const reading = (async () => {
    for await (const event of host.stream(json.runId)) {
      seen.push(event.json);
      if (event.json.type === "step.started") stopped();
    }
  })();
  let stopped;
  await new Promise((resolve) => (stopped = resolve));
  const { ended } = term(host);
  await reading; // ends without an error: the last chunk came
  assert.equal((await ended).code, 0);
  const again = gate.next();
  await host.start();
  const first = await again;
  const second = gate.next();
  first.answer(1);
  (await second).answer(2);
  for await (const event of host.stream(json.runId, { lastEventId: seen.at(-1).seq })) seen.push(event.json);
  assert.deepEqual(seen.map(({ seq }) => seq), seen.map((_, i) => i + 1));
  assert.equal(seen.at(-1).type, "run.completed");
});

test("an idle connection does not keep the host", async (t) => {
  const { host } = await setUp(t);
  const socket = net.connect(Number(new URL(host.url).port), "127.0.0.1");
  await once(socket, "connect");
  const closed = closing(socket);
  const { ended } = term(host);
  const { code, took_ms } = await ended;
  assert.equal(code, 0);
  assert.ok(took_ms < 3000, `${took_ms} ms`);
  await closed;
});

test("a second SIGTERM ends it at once; what was accepted is resumed", async (t) => {
  const { gate, host } = await setUp(t);
  const call = gate.next();
  const fired = host.fire("d", "gated", { url: gate.url }).catch((error) => error);
  const { run } = await call;
  const { draining, ended } = term(host);
  await draining;
  host.child.kill("SIGTERM");
  assert.equal((await ended).code, 1);
  await fired;
  const again = gate.next();
  await host.start();
  const first = await again;
  const second = gate.next();
  first.answer(1);
  (await second).answer(2);
  assert.equal((await host.waitRun(run)).status, "completed");
});

// ---- what cannot begin

test("a second host on the same data folder says so and ends; the first goes on", async (t) => {
  const { host } = await setUp(t);
  const second = await cli(["serve", "--scripts", host.scripts, "--data", host.data, "--listen", "127.0.0.1:0"]);
  assert.equal(second.code, 1);
  assert.match(second.stderr, /another moontide|already|in use|locked/i);
  assert.ok(second.stderr.includes(host.data), second.stderr);
  assert.equal(second.stdout, "");
  assert.equal((await host.fire("d", "quick", {})).status, 200);
});

test("a port in use is said, with the address", async (t) => {
  const { host } = await setUp(t);
  const address = new URL(host.url).host;
  const second = await cli(["serve", "--scripts", host.scripts, "--data", path.join(host.folder, "other"), "--listen", address]);
  assert.equal(second.code, 1);
  assert.ok(second.stderr.includes(address), second.stderr);
  assert.match(second.stderr, /in use/i);
});

test("a scripts folder that is not there and settings that make no sense are said", async (t) => {
  const { host } = await setUp(t);
  const missing = await cli(["serve", "--scripts", path.join(host.folder, "none"), "--data", path.join(host.folder, "other"), "--listen", "127.0.0.1:0"]);
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /none does not exist/);
  const wrong = await cli(["serve", "--runnerz", "2"]);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /runnerz.*--runners/);
});

test("the port is free again at once after the end", async (t) => {
  const { host } = await setUp(t);
  for (let i = 0; i < 3; i++) {
    assert.equal((await host.fire("d", "quick", {})).status, 200);
    await (i % 2 ? host.kill() : host.stop());
    await host.start();
  }
});
