// SPDX-License-Identifier: MIT
// A run that waits leaves its runner, and comes back by replay when its answer is there.
import { once } from "node:events";
import http from "node:http";
import { test } from "node:test";
import assert from "node:assert/strict";
import { startHost } from "../api/host.mjs";

const script = (address) => `
local flow, http = require "flow", require "http"
return trigger {
  wait = false,
  run = function(event)
    local before = { math.random(1000000), math.random(1000000) }
    local answer = http.get "http://${address}/"
    flow.log("answered", { body = answer.body })
    return { body = answer.body, before = before, after = math.random(1000000) }
  end,
}`;

test("a_run_that_waits_long_is_evicted_and_resumed_with_its_state", async (t) => {
  let calls = 0;
  let asked;
  const waiting = new Promise((resolve) => (asked = resolve));
  const server = http.createServer((request, response) => {
    calls++;
    asked(response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.closeAllConnections() ?? server.close());
  const address = `127.0.0.1:${server.address().port}`;
  const host = await startHost({ t, scripts: { "a/waits.lua": script(address) }, args: ["--egress-allow", address, "--log", "debug"] });
  const { json } = await host.fire("a", "waits", {});
  const response = await waiting;
  await host.nextLog(new RegExp(`run=${json.runId}.*"evicted`), 10_000);
  response.end("late but here");
  const records = await host.events(json.runId);
  assert.deepEqual(
    records.map((r) => r.type),
    ["run.accepted", "run.started", "step.started", "run.resumed", "step.completed", "log", "run.completed"],
  );
  const run = await host.getRun(json.runId);
  assert.equal(run.result.body, "late but here");
  assert.equal(run.result.before.length, 2);
  assert.equal(calls, 1, "the effect is not repeated by the replay");
});

// A waiting run holds one of its runner's places and about 100 KB: 10,000 of them filled a runner, and the last ones failed.
test("of a crowd that waits some leave their runner, and all come back", async (t) => {
  const held = [];
  let open = false;
  const server = http.createServer((request, response) => (open ? response.end("at last") : held.push(response)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.closeAllConnections() ?? server.close());
  const address = `127.0.0.1:${server.address().port}`;
  const args = ["--runners", "1", "--log", "debug", "--egress-allow", address];
  const host = await startHost({ t, scripts: { "a/waits.lua": script(address) }, args });
  const evicted = host.nextLog(/"evicted/, 60_000);
  const ids = [];
  const fire = async () => {
    while (ids.length < 700) ids.push((await host.fire("a", "waits", {})).json.runId);
  };
  await Promise.all(Array.from({ length: 16 }, fire));
  const [, one] = /run=(run_\w+)/.exec(await evicted);
  open = true;
  for (const response of held) response.end("at last");
  for (const id of [one, ...ids]) {
    const run = await host.waitRun(id);
    assert.equal(run.result?.body, "at last", JSON.stringify(run));
    assert.equal(run.result.before.length, 2);
  }
});
