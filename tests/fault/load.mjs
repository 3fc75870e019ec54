// SPDX-License-Identifier: MIT
// load.mjs - load for the kill tests, and what must hold after: nothing accepted is lost, nothing completed is done again, nothing runs
// twice. The effects are counted outside, by a server that the scripts call.
import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";

// Counts the calls by Idempotency-Key ("run_…-3"), with the time of each.
export async function effectServer(t) {
  const hits = new Map();
  const server = http.createServer((request, response) => {
    const key = request.headers["idempotency-key"];
    if (!hits.has(key)) hits.set(key, []);
    hits.get(key).push(Date.now());
    request.resume();
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ path: request.url, time: hits.get(key).length }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = `127.0.0.1:${server.address().port}`;
  return { hits, address, url: `http://${address}` };
}

export function scripts(url) {
  return {
    "load/pure.lua": `
local flow = require "flow"
return trigger {
  run = function(event)
    local sum = 0
    for i = 1, 3 do sum = sum + flow.step("add " .. i, function() return i * event.body.n end) end
    return { sum = sum }
  end,
}`,
    "load/calls.lua": `
local http, flow = require "http", require "flow"
return trigger {
  wait = false,
  run = function(event)
    local seen = {}
    for i = 1, 3 do
      local answer = http.post("${url}/call/" .. event.body.n .. "/" .. i, { json = { i = i }, retry = 3 }):json()
      seen[#seen + 1] = answer.path
      flow.log("called", { i = i })
    end
    return { seen = seen, random = math.random(1000000) }
  end,
}`,
    "load/sleeps.lua": `
local http, flow = require "http", require "flow"
return trigger {
  wait = false,
  run = function(event)
    http.get("${url}/before/" .. event.body.n)
    flow.sleep "80ms"
    local both = flow.all {
      function() return http.get("${url}/left/" .. event.body.n).status end,
      function() flow.sleep "30ms" return http.get("${url}/right/" .. event.body.n).status end,
    }
    return { both = both }
  end,
}`,
  };
}

const EXPECTED = {
  pure: (run, n) => assert.deepEqual(run.result, { sum: 6 * n }),
  calls: (run, n) => assert.deepEqual(run.result.seen, [1, 2, 3].map((i) => `/call/${n}/${i}`)),
  sleeps: (run) => assert.deepEqual(run.result.both, [200, 200]),
};

// One call that is made until it is answered, always with the same Idempotency-Key: what a careful caller does.
async function callOnce(host, trigger, n, stopped) {
  for (;;) {
    try {
      const answer = await host.fire("load", trigger, { n }, { headers: { "idempotency-key": `${trigger}-${n}` } });
      if (answer.status === 200 || answer.status === 202) return answer.json.runId;
      if (answer.status !== 503) throw new Error(`${trigger} ${n}: ${answer.status} ${answer.text}`);
    } catch (error) {
      if (!["ECONNREFUSED", "ECONNRESET", "EPIPE", "ECONNABORTED"].includes(error.code)) throw error;
    }
    await stopped.up(); // until the host is there again
  }
}

// Keeps `width` callers busy until stop() is called; returns Map "trigger n" -> run id.
export function startLoad(host, gate, width) {
  const accepted = new Map();
  let n = 0;
  let going = true;
  const names = Object.keys(EXPECTED);
  const caller = async () => {
    while (going) {
      const number = ++n;
      const trigger = names[number % names.length];
      accepted.set(`${trigger} ${number}`, await callOnce(host, trigger, number, gate));
    }
  };
  const callers = Array.from({ length: width }, caller);
  return {
    accepted,
    async stop() {
      going = false;
      await Promise.all(callers);
      return accepted;
    },
  };
}

// Everything that is promised of a killed host, for every run.
export async function checkAll(host, hits, accepted) {
  let steps = 0;
  for (const [call, id] of accepted) {
    const [trigger, n] = call.split(" ");
    const run = await host.waitRun(id);
    assert.equal(run.status, "completed", `${call} ${id}: ${JSON.stringify(run.error)}`);
    EXPECTED[trigger](run, Number(n));
    const records = await host.events(id);
    records.forEach((record, i) => assert.equal(record.seq, i + 1, `${id}: records in order, each once`));
    steps += checkSteps(id, records, hits);
  }
  await checkRunsOnce(host, accepted);
  return steps;
}

function checkSteps(id, records, hits) {
  const completed = records.filter((r) => r.type === "step.completed");
  const numbers = completed.map((r) => r.step.n);
  assert.equal(new Set(numbers).size, numbers.length, `${id}: a step completes once`);
  for (const record of completed.filter((r) => r.step.kind === "http")) {
    const times = hits.get(`${id}-${record.step.n}`) ?? [];
    assert.ok(times.length >= 1, `${id} step ${record.step.n}: completed without its effect`);
    const late = times.filter((time) => time > Date.parse(record.at));
    assert.deepEqual(late, [], `${id} step ${record.step.n}: done again after it was completed`);
  }
  return completed.length;
}

// As many runs as there were different calls, whatever was retried.
async function checkRunsOnce(host, accepted) {
  const seen = new Set();
  let before = "";
  do {
    const page = await host.request("GET", `/v1/runs?project=load&limit=200${before}`);
    assert.equal(page.status, 200, page.text);
    for (const run of page.json.items) seen.add(run.runId);
    before = page.json.next ? `&before=${page.json.next}` : "";
  } while (before);
  assert.equal(seen.size, accepted.size, "runs and calls are one to one");
  assert.deepEqual([...seen].sort(), [...accepted.values()].sort());
}

// Small, seeded, good enough to choose moments (mulberry32).
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = state;
    x = Math.imul(x ^ (x >>> 15), x | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

// Callers wait here while the host is down.
export class Gate {
  constructor() {
    this.open();
  }
  open() {
    this.pending = Promise.resolve();
    this.release?.();
    this.release = undefined;
  }
  shut() {
    this.pending = new Promise((resolve) => (this.release = resolve));
  }
  up() {
    return this.pending;
  }
}
