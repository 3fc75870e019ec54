// SPDX-License-Identifier: MIT
// kill -9 of runners at random moments under load.
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import assert from "node:assert/strict";
import { startHost } from "../api/host.mjs";
import { Gate, checkAll, effectServer, scripts, seeded, startLoad } from "./load.mjs";

const KILLS = Number(process.env.KILLS ?? 200);
const SEED = Number(process.env.SEED ?? 20261121);

const children = (pid) => readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);

test(`${KILLS} kills of runners lose no run and repeat no completed step`, async (t) => {
  const effects = await effectServer(t);
  const host = await startHost({ t, scripts: scripts(effects.url), args: ["--egress-allow", effects.address, "--runners", "2"] });
  const random = seeded(SEED);
  const load = startLoad(host, new Gate(), 8);
  let killed = 0;
  while (killed < KILLS) {
    await pause(random() * 40);
    const pids = children(host.pid);
    if (pids.length === 0) continue;
    const replaced = host.nextLog(/was replaced/);
    process.kill(pids[Math.floor(random() * pids.length)], "SIGKILL");
    await replaced;
    killed++;
  }
  const accepted = await load.stop();
  const steps = await checkAll(host, effects.hits, accepted);
  t.diagnostic(`${accepted.size} runs, ${steps} steps, ${killed} kills, seed ${SEED}`);
  assert.ok(accepted.size >= KILLS, "there was load");
});
