// SPDX-License-Identifier: MIT
// kill -9 of the host at random moments under load.
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import assert from "node:assert/strict";
import { startHost } from "../api/host.mjs";
import { Gate, checkAll, effectServer, scripts, seeded, startLoad } from "./load.mjs";

const KILLS = Number(process.env.KILLS ?? 200);
const SEED = Number(process.env.SEED ?? 20261121);

test(`${KILLS} kills of the host lose no accepted run and repeat no completed step`, async (t) => {
  const effects = await effectServer(t);
  const host = await startHost({ t, scripts: scripts(effects.url), args: ["--egress-allow", effects.address, "--runners", "2"] });
  const random = seeded(SEED);
  const gate = new Gate();
  const load = startLoad(host, gate, 8);
  for (let i = 0; i < KILLS; i++) {
    await pause(random() * 120); // the random moment is what is tested
    gate.shut();
    await host.kill();
    await host.start();
    gate.open();
  }
  const accepted = await load.stop();
  const steps = await checkAll(host, effects.hits, accepted);
  t.diagnostic(`${accepted.size} runs, ${steps} steps, ${KILLS} kills, seed ${SEED}`);
  assert.ok(accepted.size >= KILLS, "there was load");
  assert.equal(host.log.filter((line) => /replay\.diverged/.test(line)).length, 0);
});
