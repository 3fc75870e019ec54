// SPDX-License-Identifier: MIT
// A start that cannot succeed says why and ends; one that only came too early waits.
import { test } from "node:test";
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { binary, startHost } from "../api/host.mjs";
import { gateServer } from "../api/servers.mjs";

const scripts = {
  "s/quick.lua": `return trigger { run = function(event) return event.body end }`,
  "s/gated.lua": `
local http = require "http"
return trigger { run = function(event) return http.get(event.body.url):json() end }`,
};
const sql = async (host, text) => (await promisify(execFile)("sqlite3", [path.join(host.data, "moontide.db"), text])).stdout.trim();
const serve = (host) => host.cli(["serve", "--scripts", host.scripts, "--data", host.data, "--listen", "127.0.0.1:0"], { signal: AbortSignal.timeout(30_000) });

for (const table of ["pause", "webhook"]) {
  test(`${table} that cannot be read end the start`, async (t) => {
    const host = await startHost({ t, scripts });
    await host.stop();
    await sql(host, `ALTER TABLE ${table} RENAME TO gone`);
    const { code, stderr } = await serve(host);
    assert.equal(code, 1, stderr);
    assert.match(stderr, new RegExp(`moontide: .*no such table: ${table}`));
    await sql(host, `ALTER TABLE gone RENAME TO ${table}`);
    await host.start();
    assert.equal((await host.fire("s", "quick", { n: 1 })).status, 200);
  });
}

test("a start meets the last of a dying host and waits for its end", async (t) => {
  const host = await startHost({ t, scripts });
  const args = ["serve", "--scripts", host.scripts, "--data", host.data, "--listen", "127.0.0.1:0"];
  const child = spawn(binary(), args, { stdio: ["ignore", "ignore", "pipe"] });
  const said = [];
  for await (const line of createInterface({ input: child.stderr })) {
    said.push(line);
    if (line.includes("waiting for it to end")) await host.kill();
    if (line.includes(`"ready"`)) child.kill("SIGTERM");
  }
  assert.match(said[0], new RegExp(`waiting for it to end: data folder .* is in use by process ${host.pid};`));
  assert.equal(child.exitCode ?? (await once(child, "close"))[0], 0, said.join("\n"));
});

test("a folder that stays in use is named, with the process that uses it", async (t) => {
  const host = await startHost({ t, scripts });
  const { code, stderr } = await serve(host);
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`data folder ".*" is in use by process ${host.pid}; stop that one`));
  assert.equal((await host.fire("s", "quick", { n: 1 })).status, 200);
});

test("an order that does not fit its run's journal ends that run's work, not the store", async (t) => {
  const gate = await gateServer();
  t.after(() => gate.close());
  const host = await startHost({ t, scripts, args: ["--egress-allow", gate.address] });
  const { json } = await host.fireAsync("s", "gated", { url: gate.url });
  const call = await gate.next();
  await sql(host, "UPDATE run SET seq = seq + 5"); // somebody has laid hands on the file
  const told = host.nextLog(new RegExp(`error run=${json.runId} .*does not take what the run wrote.*a chunk begins at`));
  call.answer({ n: 1 });
  await told;
  assert.equal((await host.fire("s", "quick", { n: 1 })).status, 200);
  assert.equal((await host.request("GET", "/readyz")).status, 200);
  assert.equal(host.log.filter((line) => /refuses writes/.test(line)).length, 0);
});
