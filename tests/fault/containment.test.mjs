// SPDX-License-Identifier: MIT
// Many runs that hit a limit, hog the processor inside one instruction, or take their runner down, one after the other: each fails by
// itself with its code and one line of the log, its neighbours go on by replay, and nothing of it stays: no descriptor, no process,
// no memory. EVENTS=10000 for the long form; SEED for another order.
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import assert from "node:assert/strict";
import { startHost } from "../api/host.mjs";
import { gateServer } from "../api/servers.mjs";
import { seeded } from "./load.mjs";

const EVENTS = Number(process.env.EVENTS ?? 1000);
const SEED = Number(process.env.SEED ?? 20261121);
const NEIGHBOURS = 40;

const run = (body, limits = "") => `return trigger { limits = { ${limits} }, run = function(event, flow) ${body} end }`;

// What ends by itself: script, code.
const limits = {
  cpu: [run("while true do end", 'cpu = "4ms"'), "limit.cpu"],
  cpu_pattern: [run('return (("a"):rep(3000):find((".-"):rep(20) .. "b"))', 'cpu = "4ms"'), "limit.cpu"],
  memory: [run('local s = "x" while true do s = s .. s end', 'memory = "4MB"'), "limit.memory"],
  memory_at_once: [run('return pcall(string.rep, "x", 1 << 40)'), "limit.memory"],
  recursion: [run("local function f() return 1 + f() end return f()", 'cpu = "5s"'), "limit.memory"],
  c_recursion: [run('local function f() return (("x"):gsub("x", f)) end return f()'), "script.error"],
  steps: [run('while true do flow.step("s", function() end) end', "steps = 20"), "limit.steps"],
  output: [run('return ("x"):rep(2000)', 'output = "1KB"'), "limit.output"],
  record: [run('flow.log(("x"):rep(2000))', 'record = "1KB"'), "limit.record"],
  cyclic: [run("local t = {} t.t = t return t"), "script.result"],
  error: [run("error {}"), "script.error"],
};

const hog = run("local t = {} setmetatable(t, { __call = t }) t()", 'cpu = "2ms"');
const busy = `return trigger { wait = false, limits = { cpu = "10m" }, run = function(event, flow)
  flow.log "busy"
  while true do end
end }`;
const neighbour = (url) => `local http = require "http"
return trigger { wait = false, run = function(event, flow)
  local before = { math.random(1 << 40), os.time(), event.body.n }
  flow.log("before", before)
  local answer = http.get("${url}" .. event.body.n, { timeout = "10m" }):json()
  return { before = before, answer = answer }
end }`;

const children = (pid) => readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").map(Number);
const descriptors = (pid) => readdirSync(`/proc/${pid}/fd`).length;
const resident_kb = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]);
const sanitized = readFileSync(process.env.MOONTIDE).includes("__asan_init");
// AddressSanitizer has its own way with SIGSEGV, SIGBUS and SIGFPE; SIGSYS is what seccomp sends.
const SIGNALS = ["SIGSYS", "SIGABRT", "SIGKILL", ...(sanitized ? [] : ["SIGSEGV", "SIGBUS"])];

test(`${EVENTS} faults leave nothing behind`, async (t) => {
  const gate = await gateServer();
  t.after(() => gate.close());
  const host = await startHost({
    t,
    args: ["--runners", "1", "--egress-allow", gate.address, "--limits-cpu", "10m"],
    env: sanitized ? { ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ""}:quarantine_size_mb=1` } : {},
    scripts: {
      "c/hog.lua": hog,
      "c/busy.lua": busy,
      "c/neighbour.lua": neighbour(gate.url),
      ...Object.fromEntries(Object.entries(limits).map(([name, [source]]) => [`c/${name}.lua`, source])),
    },
  });
  const random = seeded(SEED);
  const names = Object.keys(limits);
  const done = { limit: 0, hog: 0, death: 0 };

  const limit = async () => {
    const name = names[Math.floor(random() * names.length)];
    const { json } = await host.fire("c", name, {});
    const ended = await host.getRun(json.runId);
    assert.deepEqual([ended.status, ended.error?.code], ["failed", limits[name][1]], `${name}: ${JSON.stringify(ended.error)}`);
    done.limit++;
  };
  const endlessInstruction = async () => {
    const { json } = await host.fire("c", "hog", {});
    const { error } = await host.getRun(json.runId);
    assert.equal(error?.code, "limit.cpu");
    // On a busy machine its time may be over before it comes to that instruction.
    if (/could not be interrupted/.test(error.message)) done.hog++;
    else done.limit++;
  };
  // The runner that computes a run dies again and again, until the run is given up.
  const deaths = async () => {
    const signal = SIGNALS[Math.floor(random() * SIGNALS.length)];
    const { json } = await host.fire("c", "busy", {});
    for await (const { json: record } of host.stream(json.runId)) {
      if (record.type === "run.failed") {
        assert.equal(record.data.code, "runner.crashed");
        return;
      }
      if (record.type !== "log" && record.type !== "run.resumed") continue;
      await limit(); // the runner is there and computes
      const gone = host.nextLog(/was replaced/);
      process.kill(children(host.pid)[0], signal);
      await gone;
      done.death++;
    }
  };

  // Neighbours that wait all the while, each with something that it has computed.
  const waiting = [];
  for (let n = 0; n < NEIGHBOURS; n++) {
    const called = gate.next();
    const { json } = await host.fire("c", "neighbour", { n });
    waiting.push({ n, id: json.runId, call: await called });
  }
  const storm = async (events) => {
    for (let i = 0; i < events; ) {
      const dice = random();
      const before = done.limit + done.hog + done.death;
      if (dice < 0.02) await endlessInstruction();
      else if (dice < 0.08) await deaths();
      else await Promise.all(Array.from({ length: 10 }, limit));
      i += done.limit + done.hog + done.death - before;
    }
  };
  await storm(200);
  const quiet = async () => {
    for (let i = 0; i < 100 && children(host.pid).length !== 1; i++) await limit();
    for (let i = 0; i < 30; i++) await limit();
    return { children: children(host.pid).length, descriptors: descriptors(host.pid), resident_kb: resident_kb(host.pid) };
  };
  const before = await quiet();
  await storm(EVENTS);
  const after = await quiet();

  for (const { n, id, call } of waiting) {
    call.answer({ n });
    const ended = await host.waitRun(id);
    const log = (await host.events(id)).find((r) => r.type === "log");
    assert.deepEqual(ended.result, { before: log.data.data, answer: { n } }, "a neighbour goes on where it stood");
  }
  const told = host.log.filter((line) => /was replaced/.test(line)).length;
  assert.equal(told, done.hog + done.death, "one line of the log for each runner");
  assert.equal(after.children, before.children);
  assert.ok(after.descriptors <= before.descriptors + 2, `${after.descriptors} descriptors, ${before.descriptors} before`);
  assert.ok(after.resident_kb < before.resident_kb * (sanitized ? 1.5 : 1.2), `${after.resident_kb} KB resident, ${before.resident_kb} KB before`);
  t.diagnostic(`${JSON.stringify(done)}; host ${before.resident_kb} -> ${after.resident_kb} KB, seed ${SEED}`);
});
