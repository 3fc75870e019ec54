// SPDX-License-Identifier: MIT
// A data folder of the version before: its database is brought up to date, and its waiting runs go on.
import { execFile } from "node:child_process";
import path from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import assert from "node:assert/strict";
import { startHost } from "../api/host.mjs";

const scripts = {
  "u/nap.lua": `
return trigger { wait = false, run = function(event, flow)
  flow.log("before", { n = event.body.n })
  local doubled = flow.step("double", function() return event.body.n * 2 end)
  flow.sleep "6s"
  return doubled
end }`,
};

// What schema step 7 added, taken away again.
const BACK_TO_6 = `
DROP TABLE inbox;
DROP TABLE host;
ALTER TABLE run DROP COLUMN owner;
ALTER TABLE run DROP COLUMN waiting;
PRAGMA user_version = 6;`;

test("runs that waited under the version before end under this one", async (t) => {
  const host = await startHost({ t, scripts });
  const sql = async (text) => (await promisify(execFile)("sqlite3", [path.join(host.data, "moontide.db"), text])).stdout.trim();
  const runs = [];
  for (let n = 0; n < 20; n++) {
    const { json } = await host.fire("u", "nap", { n });
    for await (const record of host.stream(json.runId)) if (record.json.type === "run.waiting") break;
    runs.push(json.runId);
  }
  const before = await Promise.all(runs.map((id) => host.events(id)));
  await host.kill();
  await sql(BACK_TO_6);
  await host.start();
  for (const [n, id] of runs.entries()) {
    const run = await host.waitRun(id);
    assert.deepEqual([run.status, run.result], ["completed", 2 * n]);
    const records = await host.events(id);
    assert.deepEqual(records.slice(0, before[n].length), before[n], "what was in the journal stays as it was");
    assert.equal(records.filter(({ type, step }) => type === "step.completed" && step.name === "double").length, 1);
  }
  await host.stop();
  assert.ok(Number(await sql("PRAGMA user_version")) >= 7);
  assert.equal(await sql("PRAGMA integrity_check"), "ok");
});
