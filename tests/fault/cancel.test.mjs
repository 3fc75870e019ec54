// SPDX-License-Identifier: MIT
// A cancel is a row on disk before anybody hears of it: kill -9 of the host does not lose it, wherever the run is.
import { execFile } from "node:child_process";
import path from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";
import assert from "node:assert/strict";
import { startHost } from "../api/host.mjs";
import { gateServer } from "../api/servers.mjs";

const gate = await gateServer();
after(() => gate.close());
const scripts = {
  "c/sleeps.lua": `return trigger { wait = false, run = function(event, flow) flow.sleep "1h" return "woke" end }`,
  "c/gated.lua": `
local http = require "http"
return trigger { wait = false, run = function(event) return http.get(event.body.url):json() end }`,
};
const args = ["--egress-allow", gate.address];
const sql = async (host, text) => (await promisify(execFile)("sqlite3", [path.join(host.data, "moontide.db"), text])).stdout.trim();
const cancel = (host, id) => host.request("POST", `/v1/runs/${id}/cancel`);

async function sleeper(host) {
  const { json } = await host.fire("c", "sleeps", {});
  for await (const record of host.stream(json.runId)) if (record.json.type === "run.waiting") return json.runId;
  throw new Error("it ended");
}

test("a cancel that was on disk when the host was killed ends the run after the restart", async (t) => {
  const host = await startHost({ t, scripts, args });
  const call = gate.next();
  const { json } = await host.fire("c", "gated", { url: gate.url });
  await call;
  const runs = [await sleeper(host), json.runId];
  await host.kill();
  for (const id of runs) // as the host leaves it that dies between the row and the end of the run
    await sql(host, `INSERT INTO inbox(num, kind, at_ms) SELECT num, 'cancel', created_ms FROM run WHERE run = '${id}'`);
  await host.start();
  for (const id of runs) {
    const run = await host.waitRun(id);
    assert.deepEqual([run.status, run.error.code, run.waiting], ["cancelled", "cancelled", null]);
    assert.equal((await host.events(id)).filter(({ type }) => type === "run.cancelled").length, 1);
  }
  await host.stop();
  assert.equal(await sql(host, "SELECT count(*) FROM inbox"), "0");
});

test("who was answered 202 before a kill is cancelled after it, and nobody else hangs", async (t) => {
  const host = await startHost({ t, scripts, args });
  const runs = [];
  for (let i = 0; i < 12; i++) runs.push(await sleeper(host));
  const answers = runs.map((id) => cancel(host, id).then(({ status }) => status, () => "no answer"));
  await Promise.race(answers);
  await host.kill();
  const statuses = await Promise.all(answers);
  assert.ok(statuses.includes(202), statuses.join());
  await host.start();
  for (let i = 0; i < runs.length; i++) {
    if (statuses[i] !== 202) assert.ok([202, 409].includes((await cancel(host, runs[i])).status));
    assert.equal((await host.getRun(runs[i])).status, "cancelled");
  }
});

test("what no version of the host understands in an inbox is dropped, and the run goes on", async (t) => {
  const host = await startHost({ t, scripts, args });
  const id = await sleeper(host);
  await host.stop();
  await sql(host, `INSERT INTO inbox(num, kind, at_ms) SELECT num, 'tickle', created_ms FROM run WHERE run = '${id}'`);
  const told = host.nextLog(new RegExp(`run=${id}.*unknown kind.*tickle`));
  await host.start();
  await told;
  for await (const { json } of host.stream(id)) if (json.type === "run.resumed") break;
  assert.equal((await cancel(host, id)).status, 202);
  await host.stop();
  assert.equal(await sql(host, "SELECT count(*) FROM inbox"), "0");
});
