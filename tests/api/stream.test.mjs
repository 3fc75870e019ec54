// SPDX-License-Identifier: MIT
// GET /v1/runs/{id}/events as server-sent events, read by npm eventsource, by curl -N and by hand: every record once, in order, whatever
// breaks in between.
import { after, test } from "node:test";
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import { promisify } from "node:util";
import { EventSource } from "eventsource";
import { open, sse, startHost } from "./host.mjs";
import { gateServer } from "./servers.mjs";

const gate = await gateServer();
const host = await startHost({
  args: ["--egress-allow", gate.address],
  scripts: {
    "s/steps.lua": `
return trigger {
  run = function(event, flow)
    for i = 1, event.body.n do flow.step("step " .. i, function() flow.log("in " .. i, { i = i, text = event.body.text }) end) end
    return event.body.n
  end,
}`,
    // Emits, then waits for the test, event.body.n times.
    "s/gated.lua": `
local http = require "http"
return trigger {
  wait = false,
  run = function(event, flow)
    for i = 1, event.body.n do
      flow.emit("tick", { i = i })
      http.get(event.body.url)
    end
    return "done"
  end,
}`,
    // n megabytes of records.
    "s/much.lua": `
return trigger {
  limits = { cpu = "10s", memory = "64MB" },
  run = function(event, flow)
    local text = string.rep("moon tide ", 6000)
    for i = 1, event.body.records do
      flow.emit("much", { i = i, text = text })
    end
  end,
}`,
    "s/fails.lua": `return trigger { run = function() error("no") end }`,
  },
});
after(async () => {
  await host.done();
  gate.close();
});

const eventsUrl = (run, query = "") => `${host.url}/v1/runs/${run}/events${query}`;
const seqs = (records) => records.map(({ seq }) => seq);
const upTo = (n) => Array.from({ length: n }, (_, i) => i + 1);
const finished = async (n = 5) => {
  const { json } = await host.fire("s", "steps", { n });
  return { ...json, records: await host.events(json.runId) };
};

// An EventSource until it closes for good (204 or a refusal): { records, opened, status }.
async function eventSource(url, { key = host.key, onRecord = () => {}, names } = {}) {
  const records = [];
  const result = { records, opened: 0, status: undefined };
  const source = new EventSource(url, {
    fetch: (where, init) => fetch(where, { ...init, headers: { ...init.headers, ...(key ? { "x-api-key": key } : {}) } }),
  });
  const take = (event) => {
    assert.equal(event.lastEventId, String(JSON.parse(event.data).seq));
    records.push(JSON.parse(event.data));
    onRecord(records.at(-1), source);
  };
  source.addEventListener("open", () => result.opened++);
  for (const name of names ?? ["message"]) source.addEventListener(name, take);
  await new Promise((resolve) => source.addEventListener("error", (error) => {
    if (source.readyState !== EventSource.CLOSED) return; // it comes back by itself
    result.status = error.code;
    resolve();
  }));
  return result;
}

async function curl(...args) {
  const { stdout } = await promisify(execFile)("curl", ["--noproxy", "*", "-sN", ...args], { maxBuffer: 1 << 28 });
  return stdout;
}
const parse = (text) => text.split("\n").filter((line) => line.startsWith("data: ")).map((line) => JSON.parse(line.slice(6)));

// ---- finished runs

test("eventsource reads every record in order, once, and stops at the 204", async () => {
  const { runId, records } = await finished();
  const source = await eventSource(eventsUrl(runId));
  assert.deepEqual(source.records, records);
  assert.deepEqual(seqs(records), upTo(records.length));
  assert.deepEqual([source.opened, source.status], [1, 204]);
});

test("curl -N reads every record in order, once", async () => {
  const { runId, records } = await finished();
  const text = await curl("-H", `x-api-key: ${host.key}`, eventsUrl(runId));
  assert.deepEqual(parse(text), records);
  assert.match(text, /^retry: \d+\n/);
  assert.doesNotMatch(text, /^event:/m);
});

test("a record has its place, run, time, type and step", async () => {
  const { runId, records } = await finished(1);
  assert.deepEqual(records.map(({ type }) => type), ["run.accepted", "run.started", "step.started", "log", "step.completed", "run.completed"]);
  for (const record of records) {
    assert.deepEqual([record.v, record.run], [1, runId]);
    assert.match(record.at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  }
  assert.deepEqual(records[2].step, { n: 1, name: "step 1", kind: "step", attempt: 1 });
  assert.deepEqual(records[3].data, { message: "in 1", data: { i: 1 } });
  assert.deepEqual(records.at(-1).data, { result: 1 });
});

test("the answer is an event stream that nobody keeps or changes", async () => {
  const { runId } = await finished(1);
  const { status, headers, message } = await open("GET", eventsUrl(runId), { headers: { "x-api-key": host.key } });
  message.destroy();
  assert.equal(status, 200);
  assert.match(headers["content-type"], /^text\/event-stream/);
  assert.match(headers["cache-control"], /no-store/);
  assert.match(headers["cache-control"], /no-transform/);
  assert.equal(headers["x-accel-buffering"], "no");
  assert.equal(headers.connection, "close");
  assert.equal(headers["x-run-id"], runId);
});

test("from every sequence number on it is the rest: by header, by parameter, by both the header's", async () => {
  const { runId, records } = await finished();
  for (let last = 0; last < records.length; last++) {
    const rest = records.slice(last);
    assert.deepEqual(await host.events(runId, { lastEventId: last }), rest, `header ${last}`);
    const auth = ["-H", `x-api-key: ${host.key}`];
    assert.deepEqual(parse(await curl(...auth, eventsUrl(runId, `?last_event_id=${last}`))), rest, `parameter ${last}`);
    const both = await curl(...auth, "-H", `Last-Event-ID: ${last}`, eventsUrl(runId, `?last_event_id=${(last + 2) % records.length}`));
    assert.deepEqual(parse(both), rest, `both ${last}`);
  }
});

test("at and past the end of a finished run it is 204", async () => {
  const { runId, records } = await finished(1);
  for (const last of [records.length, records.length + 1, 1e15]) {
    const answer = await host.request("GET", `/v1/runs/${runId}/events`, { headers: { "last-event-id": String(last) } });
    assert.deepEqual([answer.status, answer.text], [204, ""], `${last}`);
  }
});

test("a Last-Event-ID that is no number is 400", async () => {
  const { runId } = await finished(1);
  for (const headers of [{ "last-event-id": "x" }, { "last-event-id": "-1" }, { "last-event-id": "99999999999999999999" }]) {
    const answer = await host.request("GET", `/v1/runs/${runId}/events`, { headers });
    assert.deepEqual([answer.status, answer.json.field], [400, "Last-Event-ID"]);
  }
  assert.equal((await host.request("GET", `/v1/runs/${runId}/events?last_event_id=x`)).status, 400);
});

test("with names=1 each event has its type as name", async () => {
  const { runId, records } = await finished(1);
  const text = await curl("-H", `x-api-key: ${host.key}`, eventsUrl(runId, "?names=1"));
  const named = [...text.matchAll(/^id: (\d+)\nevent: (\S+)\ndata: (.*)$/gm)].map(([, id, name, data]) => [Number(id), name, JSON.parse(data).type]);
  assert.deepEqual(named, records.map(({ seq, type }) => [seq, type, type]));
  const source = await eventSource(eventsUrl(runId, "?names=1"), { names: [...new Set(records.map(({ type }) => type))] });
  assert.deepEqual(seqs(source.records), seqs(records));
});

test("a failed run's stream ends with its error", async () => {
  const { json } = await host.fire("s", "fails", {});
  const last = (await host.events(json.runId)).at(-1);
  assert.deepEqual([last.type, last.data.code, last.data.at], ["run.failed", "script.error", "s/fails.lua:1"]);
});

// ---- tokens

test("the token in streamUrl reads this one run without a key", async () => {
  const { streamUrl, records, runId } = await finished();
  assert.deepEqual(parse(await curl(host.url + streamUrl)), records);
  const source = await eventSource(host.url + streamUrl, { key: null });
  assert.deepEqual(source.records, records);
  const other = await finished(1);
  const refused = (url) => host.request("GET", url.replace(host.url, ""), { key: null });
  assert.equal((await refused(streamUrl.replace(runId, other.runId))).status, 401);
  assert.equal((await refused(streamUrl.replace("/events", ""))).status, 401);
});

test("an expired, altered, repeated or missing token is 401", async () => {
  const { streamUrl } = await finished(1);
  const [where, token] = streamUrl.split("?token=");
  const [expiry, mac] = token.split("-");
  const bad = [
    "", `${Number(expiry) + 1}-${mac}`, `${Date.now() - 1000}-${mac}`, `${expiry}-${mac.slice(0, -1)}${mac.endsWith("0") ? "1" : "0"}`,
    `${expiry}-${mac.slice(1)}`, `${expiry}-`, mac, `${expiry}-${mac}0`, `-${mac}`, `${token}&token=${token}`,
  ];
  for (const value of bad) {
    const answer = await host.request("GET", `${where}?token=${value}`, { key: null });
    assert.deepEqual([answer.status, answer.json.code], [401, "unauthorized"], value);
  }
  assert.ok(Number(expiry) > Date.now() && Number(expiry) < Date.now() + 3_600_000);
});

test("tokens outlive a restart of the host and stay out of its log", async () => {
  const { streamUrl, records } = await finished(1);
  await host.restart();
  assert.deepEqual(parse(await curl(host.url + streamUrl)), records);
  const token = streamUrl.split("token=")[1];
  assert.equal(host.log.filter((line) => line.includes(token)).length, 0);
});

// ---- live

test("records arrive while the run is going on", async () => {
  const call = gate.next();
  const { json } = await host.fire("s", "gated", { url: gate.url, n: 3 });
  const stream = host.stream(json.runId);
  const types = [];
  let pending = call;
  for await (const { json: record } of stream) {
    types.push(record.type);
    if (record.type !== "step.started") continue;
    // The run stands still here: what came so far came before its end.
    assert.notEqual((await host.getRun(json.runId)).status, "completed");
    const { answer } = await pending;
    pending = record.step.n < 3 ? gate.next() : null;
    answer({});
  }
  const round = ["step.progress", "step.started", "step.completed"];
  assert.deepEqual(types, ["run.accepted", "run.started", ...round, ...round, ...round, "run.completed"]);
});

test("a hundred readers at once read the same", async () => {
  const call = gate.next();
  const { json } = await host.fire("s", "gated", { url: gate.url, n: 2 });
  const { answer } = await call;
  const next = gate.next();
  let waiting = 100;
  let all;
  const arrived = new Promise((resolve) => (all = resolve));
  const readers = Array.from({ length: 100 }, async () => {
    const records = [];
    for await (const event of host.stream(json.runId)) {
      if (event.json.type === "step.started" && event.json.step.n === 1 && --waiting === 0) all();
      records.push(event.json);
    }
    return records;
  });
  await arrived;
  answer({});
  (await next).answer({});
  const [first, ...rest] = await Promise.all(readers);
  assert.deepEqual(seqs(first), upTo(first.length));
  assert.equal(first.at(-1).type, "run.completed");
  for (const records of rest) assert.deepEqual(records, first);
});

test("readers that come and go while records are written miss nothing", async () => {
  const calls = [gate.next()];
  const { json } = await host.fire("s", "gated", { url: gate.url, n: 20 });
  const rounds = (async () => {
    for (let n = 1; n <= 20; n++) {
      const call = await calls.shift();
      if (n < 20) calls.push(gate.next());
      call.answer({});
    }
  })();
  const readers = Array.from({ length: 8 }, async (_, reader) => {
    const records = [];
    for (let left = 0; records.at(-1)?.type !== "run.completed"; left = 0) {
      for await (const event of host.stream(json.runId, { lastEventId: records.length })) {
        records.push(event.json);
        if (++left > reader) break; // hangs up after each few records
      }
    }
    return records;
  });
  await rounds;
  for (const records of await Promise.all(readers)) assert.deepEqual(seqs(records), upTo(2 + 20 * 3 + 1));
});

test("a reader that stalls slows neither the run nor other readers, and goes on where it stood", async () => {
  const records = 150;
  const { json } = await host.fireAsync("s", "much", { records });
  const socket = net.connect(Number(new URL(host.url).port), "127.0.0.1");
  await once(socket, "connect");
  socket.pause();
  socket.write(`GET /v1/runs/${json.runId}/events HTTP/1.1\r\nHost: x\r\nx-api-key: ${host.key}\r\n\r\n`);
  const run = await host.waitRun(json.runId); // reads all of it over another connection
  assert.equal(run.status, "completed", JSON.stringify(run.error));
  const seen = [];
  socket.resume();
  for await (const event of sse(socket)) seen.push(event.json.seq);
  assert.deepEqual(seen, upTo(records + 3));
});

test("readers that hang up leave no connection behind", async () => {
  const call = gate.next();
  const { json } = await host.fire("s", "gated", { url: gate.url, n: 1 });
  const { answer } = await call;
  const readers = await Promise.all(Array.from({ length: 30 }, () => open("GET", eventsUrl(json.runId), { headers: { "x-api-key": host.key } })));
  const ends = readers.map(({ message }) => once(message, "close"));
  for (const { message } of readers) message.destroy();
  await Promise.all(ends);
  answer({});
  assert.equal((await host.waitRun(json.runId)).status, "completed");
});

// ---- interrupted

test("resumed across kill -9 of the host nothing is lost or doubled", async () => {
  const rounds = 6;
  let call = gate.next();
  const { json } = await host.fire("s", "gated", { url: gate.url, n: rounds });
  const seen = [];
  const read = async (stop) => {
    try {
      for await (const event of host.stream(json.runId, { lastEventId: seen.length })) {
        seen.push(event.json);
        if (stop(event.json)) return;
      }
    } catch (error) {
      if (error.code !== "ECONNRESET") throw error;
    }
  };
  for (let n = 1; n <= rounds; n++) {
    await read(({ type, step }) => type === "step.started" && step.n === n);
    await call; // the answer is lost with the host
    const again = gate.next();
    await host.kill();
    await host.start();
    const { answer, step } = await again; // the call is made again, by the new host
    assert.equal(step, n);
    call = n < rounds ? gate.next() : null;
    answer({});
  }
  await read(() => false);
  assert.deepEqual(seqs(seen), upTo(seen.length));
  assert.equal(seen.at(-1).type, "run.completed");
  assert.deepEqual(await host.events(json.runId), seen);
  const completed = seen.filter(({ type }) => type === "step.completed").map(({ step }) => step.n);
  assert.deepEqual(completed, upTo(rounds));
});

test("eventsource comes back by itself after kill -9 and reads on", async () => {
  const call = gate.next();
  const { json } = await host.fire("s", "gated", { url: gate.url, n: 1 });
  await call;
  const again = gate.next();
  let killed = false;
  const source = await eventSource(host.url + json.streamUrl, {
    key: null,
    onRecord: async (record) => {
      if (record.type !== "step.started" || killed) return;
      killed = true;
      await host.kill();
      await host.start();
      (await again).answer({});
    },
  });
  assert.deepEqual(source.records, await host.events(json.runId));
  assert.equal(source.records.at(-1).type, "run.completed");
  assert.equal(source.status, 204);
});

test("curl -N that is killed and called again with the last id reads the rest", async () => {
  const call = gate.next();
  const { json } = await host.fire("s", "gated", { url: gate.url, n: 1 });
  const { answer } = await call;
  const child = spawn("curl", ["--noproxy", "*", "-sN", host.url + json.streamUrl], { stdio: ["ignore", "pipe", "ignore"] });
  const seen = [];
  for await (const event of sse(child.stdout)) {
    seen.push(event.json);
    if (event.json.type === "step.started") break;
  }
  child.kill("SIGKILL");
  answer({});
  await host.waitRun(json.runId);
  const rest = parse(await curl("-H", `Last-Event-ID: ${seen.at(-1).seq}`, host.url + json.streamUrl));
  assert.deepEqual([...seen, ...rest], await host.events(json.runId));
});
