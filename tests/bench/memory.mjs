// SPDX-License-Identifier: MIT
// What runs cost in memory, and whether it comes back: MOONTIDE=build/moontide node tests/bench/memory.mjs [WAITING] [RUNS]
// Not part of CI. Needs a release build. Resident memory is RssAnon of /proc/PID/status, of the host and of its runners together.
//   waiting    runs that wait on a runner for an answer (a sleep of seconds)
//   away       runs that wait for an HTTP answer longer than 5 s: they have left their runner
//   parked     runs that sleep for hours: rows
//   after      the host and its runners once many short runs have come and gone
import { readFileSync } from "node:fs";
import http from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { gateServer } from "../api/servers.mjs";
import { startHost } from "../api/host.mjs";

const WAITING = Number(process.argv[2] ?? 10_000);
const RUNS = Number(process.argv[3] ?? 100_000);
const RUNNERS = process.env.RUNNERS ?? "2";
const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });

const wait = (what) => `local http = require "http"
return trigger { wait = false, run = function(event, flow)
  local order = { id = event.body.n, lines = {} }
  for i = 1, 20 do order.lines[i] = { sku = "sku-" .. i, amount = i * event.body.n } end
  ${what}
  return order
end }`;

const children = (pid) => readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").map(Number);
const anon_kb = (pid) => Number(/RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]);
function memory(host) {
  const runners = children(host.pid).reduce((sum, pid) => sum + anon_kb(pid), 0);
  return { host: anon_kb(host.pid), runners };
}
const show = (m) => `host ${m.host} KB, runners ${m.runners} KB`;
const each = (m, base, n) => `${((m.host + m.runners - base.host - base.runners) / n).toFixed(1)} KB each (host ${((m.host - base.host) / n).toFixed(1)}, runners ${((m.runners - base.runners) / n).toFixed(1)})`;

async function fireMany(host, trigger, n, concurrency = 64) {
  const ids = [];
  let next = 0;
  const one = async () => {
    while (next < n) {
      const { json, status, text } = await host.fire("m", trigger, { n: next++ }, { agent });
      if (!json?.runId || status >= 500) throw new Error(`${trigger}: ${status} ${text}`);
      ids.push(json.runId);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, one));
  return ids;
}

async function countOf(host, status) {
  let count = 0;
  for (let before = ""; ; ) {
    const { json } = await host.request("GET", `/v1/runs?status=${status}&limit=200${before}`, { agent });
    count += json.items.length;
    if (!json.next) return count;
    before = `&before=${json.next}`;
  }
}

const gate = await gateServer();
async function fresh(body) {
  const host = await startHost({
    args: ["--runners", RUNNERS, "--egress-allow", gate.address],
    scripts: {
      "m/waits.lua": wait('flow.sleep "4900ms"'),
      "m/away.lua": wait(`http.get("${gate.url}", { timeout = "10m" })`),
      "m/parked.lua": wait('flow.sleep "10h"'),
      "m/short.lua": wait("").replace("wait = false,", ""),
    },
  });
  try {
    await fireMany(host, "short", 100);
    await body(host);
  } finally {
    await host.kill();
    host.drop();
  }
}

await fresh(async (host) => {
  const base = memory(host);
  const start = performance.now();
  await fireMany(host, "waits", WAITING);
  const ms = performance.now() - start;
  const full = memory(host);
  console.log(`waiting  ${WAITING} fired in ${ms.toFixed(0)} ms: ${each(full, base, WAITING)}${ms > 4500 ? "  (too slow: the first have gone on)" : ""}`);
  await pause(9000);
  console.log(`         ${await countOf(host, "completed")} completed, ${await countOf(host, "failed")} failed; then ${show(memory(host))} (before ${show(base)})`);
});

await fresh(async (host) => {
  const base = memory(host);
  await fireMany(host, "parked", WAITING);
  await pause(1000);
  console.log(`parked   ${each(memory(host), base, WAITING)}, ${await countOf(host, "waiting")} waiting`);
});

await fresh(async (host) => {
  const n = Math.min(WAITING, 2000); // each holds a connection
  const base = memory(host);
  await fireMany(host, "away", n);
  const there = memory(host);
  await pause(8000);
  console.log(`away     ${n} on their runners: ${each(there, base, n)}; off them: ${each(memory(host), base, n)}`);
});

await fresh(async (host) => {
  const idle = memory(host);
  const start = performance.now();
  await fireMany(host, "short", RUNS);
  const s = (performance.now() - start) / 1000;
  const busy = memory(host);
  await pause(4000); // a runner without frames for 2 s gives back what it keeps
  const after = memory(host);
  const ratio = (a, b) => (a / b).toFixed(2);
  console.log(`after    ${RUNS} runs (${Math.round(RUNS / s)}/s): runners x${ratio(busy.runners, idle.runners)} at once, x${ratio(after.runners, idle.runners)} at rest, host x${ratio(after.host, idle.host)}; ${show(after)} (idle ${show(idle)})`);
});
gate.close();
