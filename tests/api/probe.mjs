// SPDX-License-Identifier: MIT
// The program json_probe (json_probe.c): one line in, one line out.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";

const program = process.env.JSON_PROBE ?? new URL("../../build-test/tests/json_probe", import.meta.url).pathname;

/** The lines that it answers the given ones with. */
export function probe(mode, lines) {
  const { status, stdout, stderr } = spawnSync(program, [mode], { input: lines.join("\n") + "\n", maxBuffer: 1 << 30 });
  assert.equal(status, 0, String(stderr));
  const answers = stdout.toString().trimEnd().split("\n");
  assert.equal(answers.length, lines.length, String(stderr));
  return answers;
}

/** Numbers below 1 that are the same in every run (mulberry32). */
export function seeded(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
