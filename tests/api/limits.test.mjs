// SPDX-License-Identifier: MIT
// Limits of runs as their callers see them: the code, the line, and that neighbours do not notice. Hostile scripts in depth are in
// tests/fault/hostile_scripts.test.mjs.
import { after, test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { startHost } from "./host.mjs";
import { gateServer } from "./servers.mjs";

const gate = await gateServer();
const host = await startHost({
  args: ["--egress-allow", gate.address, "--runners", "1", "--backlog", "1", "--runs-per-runner", "256"],
  scripts: {
    "l/loop.lua": `
return trigger {
  limits = { cpu = "50ms" },
  run = function(event, flow)
    flow.log("begins")
    while true do end
  end,
}`,
    "l/pcall.lua": `
return trigger {
  limits = { cpu = "50ms" },
  run = function()
    while true do pcall(function() while true do end end) end
  end,
}`,
    "l/memory.lua": `
return trigger {
  limits = { cpu = "10s", memory = "4MB" },
  run = function()
    local list = {}
    for i = 1, 1e9 do list[i] = { i } end
  end,
}`,
    "l/rep.lua": `return trigger { run = function() return #string.rep("x", 1e9) end }`,
    "l/steps.lua": `
return trigger {
  limits = { steps = 5 },
  run = function(event, flow)
    for i = 1, event.body.n do flow.step("s" .. i, function() end) end
    return "fine"
  end,
}`,
    "l/output.lua": `return trigger { limits = { output = "1KB" }, run = function(event) return string.rep("x", event.body.n) end }`,
    "l/filter.lua": `
return trigger {
  limits = { cpu = "50ms" },
  filter = function(event) while true do end end,
  run = function() end,
}`,
    "l/wall.lua": `
return trigger {
  limits = { wall = "1s" },
  run = function(event, flow) flow.sleep "1h" end,
}`,
    "l/neighbour.lua": `
local http = require "http"
return trigger {
  run = function(event, flow)
    local first = http.get(event.body.url):json()
    flow.log("between")
    return { first = first, second = http.get(event.body.url):json() }
  end,
}`,
    "l/spin.lua": `
return trigger {
  wait = false,
  limits = { cpu = "10s" },
  run = function(event, flow)
    flow.log("spins")
    while true do end
  end,
}`,
    "l/works.lua": `return trigger { run = function() local n = 0 for i = 1, 1e6 do n = n + i end return n end }`,
    "l/quick.lua": `return trigger { run = function() return 1 end }`,
  },
});
after(async () => {
  await host.done();
  gate.close();
});

const failure = async (key, body = {}) => {
  const answer = await host.fire("l", key, body);
  assert.equal(answer.status, 500, answer.text);
  assert.equal(answer.json.code, "run_failed");
  return { runId: answer.json.runId, ...answer.json.error };
};

test("an endless loop ends with limit.cpu and its line", async () => {
  const logged = host.nextLog(/"run failed"/);
  const { code, at, runId } = await failure("loop");
  assert.deepEqual([code, at], ["limit.cpu", "l/loop.lua:6"]);
  assert.match(await logged, new RegExp(`run=${runId} "run failed" trigger=l/loop code=limit.cpu at=l/loop.lua:6 `));
  const types = (await host.events(runId)).map(({ type }) => type);
  assert.deepEqual(types, ["run.accepted", "run.started", "log", "run.failed"]);
});

test("pcall does not catch a limit", async () => {
  const { code, at } = await failure("pcall");
  assert.deepEqual([code, at], ["limit.cpu", "l/pcall.lua:5"]);
});

test("too much memory ends with limit.memory and its line", async () => {
  const { code, at } = await failure("memory");
  assert.deepEqual([code, at], ["limit.memory", "l/memory.lua:6"]);
});

test("a string far beyond memory ends the run only", async () => {
  const { code, at } = await failure("rep");
  assert.deepEqual([code, at], ["limit.memory", "l/rep.lua:1"]);
});

test("more steps than allowed end with limit.steps", async () => {
  assert.equal((await host.fire("l", "steps", { n: 5 })).json.response, "fine");
  const { code, at, runId } = await failure("steps", { n: 6 });
  assert.deepEqual([code, at], ["limit.steps", "l/steps.lua:5"]);
  assert.equal((await host.events(runId)).filter(({ type }) => type === "step.completed").length, 5);
});

test("a result larger than allowed ends with limit.output", async () => {
  assert.equal((await host.fire("l", "output", { n: 1000 })).json.response.length, 1000);
  const { code, at, message } = await failure("output", { n: 1100 });
  assert.deepEqual([code, at], ["limit.output", "l/output.lua:1"]);
  assert.match(message, /1024/);
});

test("a filter that loops fails too", async () => {
  const { code, at } = await failure("filter");
  assert.deepEqual([code, at], ["limit.cpu", "l/filter.lua:4"]);
});

test("a run that lives longer than its wall time ends as timed_out", async () => {
  const answer = await host.fire("l", "wall", {});
  assert.deepEqual([answer.status, answer.json.error?.code], [500, "limit.wall"], answer.text);
  const run = await host.getRun(answer.json.runId);
  assert.deepEqual([run.status, run.error.at], ["timed_out", "l/wall.lua:4"]);
  assert.equal((await host.events(run.runId)).at(-1).type, "run.timed_out");
});

test("neighbours on the same runner live through all of that", async () => {
  const one = gate.next();
  const fired = host.fire("l", "neighbour", { url: gate.url });
  const first = await one;
  for (const bad of ["loop", "pcall", "memory", "rep"]) await failure(bad);
  const two = gate.next();
  first.answer(1);
  (await two).answer(2);
  assert.deepEqual((await fired).json.response, { first: 1, second: 2 });
});

test("more runs than can wait are 503 with Retry-After; those taken are all done", async () => {
  const answers = await Promise.all(Array.from({ length: 500 }, () => host.fire("l", "works", {})));
  const refused = answers.filter(({ status }) => status !== 200);
  assert.ok(refused.length > 0 && refused.length < answers.length, `${refused.length} of ${answers.length} were refused`);
  for (const { status, headers, json } of refused) {
    assert.deepEqual([status, json.code, json.runId, headers["retry-after"]], [503, "overloaded", undefined, "1"]);
  }
  const [{ json }] = answers.filter(({ status }) => status === 200);
  assert.equal(json.response, 500000500000);
  assert.equal((await host.fire("l", "works", {})).status, 200);
});

// ---- a runner that dies

const runnerPid = () => Number(readFileSync(`/proc/${host.pid}/task/${host.pid}/children`, "utf8").trim());
const cpuTicks = (pid) => {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
};
// Until the only runner computes: nothing else can tell that a run is on the processor.
async function computing() {
  const pid = runnerPid();
  for (const start = cpuTicks(pid); cpuTicks(pid) < start + 5;) await new Promise(setImmediate);
  return pid;
}

test("a run whose runner crashes twice under it fails with runner.crashed; its neighbour goes on by replay", async () => {
  const one = gate.next();
  const neighbour = host.fire("l", "neighbour", { url: gate.url });
  const first = await one;
  const two = gate.next();
  const { json } = await host.fire("l", "spin", {});
  for (let crash = 1; crash <= 2; crash++) {
    const replaced = host.nextLog(/was replaced/);
    process.kill(await computing(), "SIGABRT"); // a sanitizer would take SIGSEGV for a bug of ours
    await replaced;
  }
  const run = await host.waitRun(json.runId);
  assert.deepEqual([run.status, run.error.code], ["failed", "runner.crashed"]);
  const types = (await host.events(json.runId)).map(({ type }) => type);
  assert.deepEqual(types, ["run.accepted", "run.started", "log", "run.resumed", "run.failed"]);
  first.answer(1);
  (await two).answer(2);
  assert.deepEqual((await neighbour).json.response, { first: 1, second: 2 });
  assert.equal((await host.fire("l", "quick", {})).status, 200);
});
