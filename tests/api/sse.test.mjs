// SPDX-License-Identifier: MIT
// Event streams and time, with a heartbeat and a stall of milliseconds: --stream-heartbeat, --stream-stall. What they carry is in
// stream.test.mjs.
import { after, test } from "node:test";
import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { closing, startHost } from "./host.mjs";
import { gateServer } from "./servers.mjs";

const gate = await gateServer();
const host = await startHost({
  args: ["--egress-allow", gate.address, "--stream-heartbeat", "20ms", "--stream-stall", "100ms"],
  scripts: {
    "s/held.lua": `local http = require "http"
return trigger { wait = false, run = function(event, flow) flow.log "before" return http.get(event.body.url, { timeout = "1m" }):json() end }`,
    "s/much.lua": `return trigger { wait = false, limits = { cpu = "10s", memory = "64MB" }, run = function(event, flow)
  local text = string.rep("moon tide ", 6000)
  for i = 1, event.body.records do flow.emit("much", { i = i, text = text }) end
end }`,
    "s/short.lua": `return trigger { run = function(event, flow) flow.log "one" return 1 end }`,
  },
});
after(async () => {
  await host.done();
  gate.close();
});

test("an idle stream shows life by comments, which are no events, until the run goes on", async () => {
  const call = gate.next();
  const { json } = await host.fire("s", "held", { url: gate.url });
  let beats = 0;
  const types = [];
  for await (const event of host.stream(json.runId, { comments: true })) {
    if (event.json) types.push(event.json.type);
    if ("comment" in event && ++beats === 5) (await call).answer({ after: "five" });
  }
  assert.ok(beats >= 5);
  assert.deepEqual(types, ["run.accepted", "run.started", "log", "step.started", "step.completed", "run.completed"]);
});

test("a reader that takes nothing for the time of a stall is closed; what it missed is there when it comes back", async () => {
  const records = 200;
  const { json } = await host.fire("s", "much", { records });
  await host.waitRun(json.runId);
  const socket = net.connect(Number(new URL(host.url).port), "127.0.0.1");
  socket.on("error", () => {}); // a reset is how it may be told
  await once(socket, "connect");
  socket.pause();
  const closed = host.nextLog(new RegExp(`event stream closed: its reader takes nothing.*${json.runId}|${json.runId}.*event stream closed`));
  socket.write(`GET /v1/runs/${json.runId}/events HTTP/1.1\r\nHost: x\r\nx-api-key: ${host.key}\r\n\r\n`);
  await closed;
  let text = "";
  socket.setEncoding("utf8").on("data", (part) => (text += part)).resume();
  await closing(socket);
  const last = Number([...text.matchAll(/^id: (\d+)\ndata: .*$/gm)].at(-1)?.[1] ?? 0);
  assert.ok(last < records, `it was cut off: ${last}`);
  const rest = await host.events(json.runId, { lastEventId: last });
  assert.deepEqual([rest[0].seq, rest.at(-1).seq, rest.at(-1).type], [last + 1, records + 3, "run.completed"]);
});

test("a reader that reads is not closed, however long the run is silent", async () => {
  const call = gate.next();
  const { json } = await host.fire("s", "held", { url: gate.url });
  let beats = 0;
  let type;
  for await (const event of host.stream(json.runId, { comments: true })) {
    if (event.json) type = event.json.type;
    if ("comment" in event && ++beats === 20) (await call).answer({}); // four times the time of a stall
  }
  assert.deepEqual([beats >= 20, type], [true, "run.completed"]);
});

test("retry comes first; names=1 and only that names events; Last-Event-ID wins over last_event_id; behind the end it is 204", async () => {
  const { json } = await host.fire("s", "short", {});
  const get = (query, headers = {}) => host.request("GET", `/v1/runs/${json.runId}/events${query}`, { headers });
  const ids = (text) => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
  for (const [query, named] of [["", 0], ["?names=1", 4], ["?names=0", 0], ["?names=yes", 0], ["?names=1&names=1", 0]]) {
    const { text, status } = await get(query);
    assert.equal(status, 200);
    assert.match(text, /^retry: 1000\n\n/);
    assert.equal([...text.matchAll(/^event: (\S+)$/gm)].length, named, query);
    assert.deepEqual(ids(text), [1, 2, 3, 4]);
  }
  for (const [query, headers, first] of [
    ["?last_event_id=2", {}, 3], ["", { "last-event-id": "2" }, 3], ["?last_event_id=0", { "last-event-id": "3" }, 4], ["?last_event_id=3", { "last-event-id": "0" }, 1], ["?last_event_id=3", { "last-event-id": "" }, 4],
  ])
    assert.equal(ids((await get(query, headers)).text)[0], first, `${query} ${JSON.stringify(headers)}`);
  for (const [query, headers] of [["?last_event_id=4", {}], ["", { "last-event-id": "4" }], ["", { "last-event-id": "9007199254740993" }], ["?last_event_id=1", { "last-event-id": "5" }]]) {
    const { status, text } = await get(query, headers);
    assert.deepEqual([status, text], [204, ""], `${query} ${JSON.stringify(headers)}`);
  }
  for (const [query, headers] of [["?last_event_id=", {}], ["?last_event_id=1&last_event_id=1", {}], ["?last_event_id=-1", {}], ["", { "last-event-id": "1.0" }], ["", { "last-event-id": "18446744073709551616" }]]) {
    const { status, json: said } = await get(query, headers);
    assert.deepEqual([status, said.code], [400, "invalid"], `${query} ${JSON.stringify(headers)}`);
  }
});

test("a run that goes on has no 204, wherever its reader stands", async () => {
  const call = gate.next();
  const { json } = await host.fire("s", "held", { url: gate.url });
  await call.then(async ({ answer }) => {
    const reader = host.stream(json.runId, { lastEventId: 4, comments: true });
    assert.ok("comment" in (await reader.next()).value);
    answer({});
    const types = [];
    for await (const event of reader) if (event.json) types.push(event.json.type);
    assert.deepEqual(types, ["step.completed", "run.completed"]);
  });
});

test("a heartbeat and a stall have bounds", async () => {
  for (const [flag, value] of [["--stream-heartbeat", "9ms"], ["--stream-heartbeat", "2m"], ["--stream-stall", "1ms"], ["--stream-stall", "1h"]]) {
    const done = await host.cli(["serve", "--scripts", host.scripts, "--data", `${host.folder}/other`, "--listen", "127.0.0.1:0", flag, value]);
    assert.notEqual(done.code, 0);
    assert.match(done.stderr, new RegExp(flag));
  }
});
