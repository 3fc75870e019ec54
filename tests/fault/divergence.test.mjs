// SPDX-License-Identifier: MIT
// A journal that is not what the script says: versions are pinned, so it can only come from a damaged or meddled store, or from a bug.
// The host is killed while a run waits for its second call, its journal is edited, and the host comes back: the run must stop as
// replay.diverged and name the step, what the journal has and what the script says; no effect is repeated or made up.
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { test } from "node:test";
import assert from "node:assert/strict";
import { startHost } from "../api/host.mjs";
import { gateServer } from "../api/servers.mjs";

const gate = await gateServer();
test.after(() => gate.close());

const script = `
local http = require "http"
return trigger {
  wait = false,
  run = function(event, flow)
    local first = http.get("${gate.url}first"):json()
    flow.log("first came", { n = first.n })
    flow.step("sum", function() return first.n + 1 end)
    if first.n > 5 then http.get "${gate.url}other" end
    local second = http.get("${gate.url}second"):json()
    return { sum = first.n + second.n }
  end,
}`;

// ---- the journal in the store: chunks of records (host/domain/record.h)

async function sql(host, text) {
  const child = spawn("sqlite3", [path.join(host.data, "moontide.db")], { stdio: ["pipe", "pipe", "inherit"] });
  const parts = [];
  child.stdout.on("data", (part) => parts.push(part));
  child.stdin.end(text);
  const [code] = await once(child, "close").catch(() => assert.fail("sqlite3 is missing: apt-get install sqlite3"));
  assert.equal(code, 0);
  return Buffer.concat(parts).toString().trim();
}

function readBytes(buffer, at) {
  const bytes = buffer.readUInt32LE(at);
  if (bytes === 0xffffffff) return [null, at + 4];
  return [buffer.subarray(at + 4, at + 4 + bytes).toString(), at + 4 + bytes];
}

function parse(chunk) {
  const records = [];
  for (let at = 0; at < chunk.length; ) {
    const end = at + 4 + chunk.readUInt32LE(at);
    const record = { type: chunk[at + 4], flags: chunk[at + 5], at: chunk.readBigInt64LE(at + 6), step: chunk.readUInt32LE(at + 14) };
    Object.assign(record, { attempt: chunk.readUInt32LE(at + 18), hash: chunk.readBigUInt64LE(at + 22) });
    let next;
    [record.name, next] = readBytes(chunk, at + 30);
    [record.kind, next] = readBytes(chunk, next);
    [record.data, next] = readBytes(chunk, next);
    assert.equal(next, end);
    records.push(record);
    at = end;
  }
  return records;
}

function text(value) {
  const head = Buffer.alloc(4);
  head.writeUInt32LE(value === null ? 0xffffffff : Buffer.byteLength(value));
  return Buffer.concat([head, Buffer.from(value ?? "")]);
}

function write(record) {
  const fixed = Buffer.alloc(30);
  fixed[4] = record.type;
  fixed[5] = record.flags;
  fixed.writeBigInt64LE(record.at, 6);
  fixed.writeUInt32LE(record.step, 14);
  fixed.writeUInt32LE(record.attempt, 18);
  fixed.writeBigUInt64LE(record.hash, 22);
  const whole = Buffer.concat([fixed, text(record.name), text(record.kind), text(record.data)]);
  whole.writeUInt32LE(whole.length - 4, 0);
  return whole;
}

// edit(records) changes the records of the only run. They become one chunk; a number that it returns are bytes to cut off behind.
async function editJournal(host, edit) {
  const rows = (await sql(host, "SELECT pos, hex(bytes) FROM journal ORDER BY pos;")).split("\n").map((row) => row.split("|"));
  const records = rows.flatMap(([, hex]) => parse(Buffer.from(hex, "hex")));
  const cut = edit(records) ?? 0;
  const bytes = Buffer.concat(records.map(write));
  const hex = bytes.subarray(0, bytes.length - cut).toString("hex");
  await sql(
    host,
    `BEGIN; DELETE FROM journal; INSERT INTO journal(pos, count, bytes) VALUES(${rows[0][0]}, ${records.length}, x'${hex}');
     UPDATE run SET seq = ${records.length}; COMMIT;`,
  );
}

const INPUT = 1, OUTPUT = 2;
const output = (records, step, name) => records.find((r) => r.flags & OUTPUT && r.step === step && (!name || r.name?.includes(name)));
const answer = (records) => records.find((r) => r.flags & INPUT);
const log = (records) => records.findIndex((r) => r.flags & OUTPUT && r.step === 0);

// ---- the cases

// The run until it waits for its second call; then its host is killed, its journal edited, the host started again.
async function comeBack(t, edit) {
  const host = await startHost({ t, scripts: { "d/run.lua": script }, args: ["--egress-allow", gate.address, "--runners", "1"] });
  const { json } = await host.fire("d", "run", {});
  (await gate.next()).answer({ n: 1 });
  const second = await gate.next();
  assert.equal(second.step, 3);
  await host.kill();
  await second.gone;
  await editJournal(host, edit);
  await host.start();
  return { host, run: json.runId };
}

const cases = {
  "the hash of the first call": [
    (r) => void (output(r, 1).hash ^= 1n),
    /step 1 .*http GET 127\.0\.0\.1:\d+\/first.*step 1 .*http GET 127\.0\.0\.1:\d+\/first/,
  ],
  "the hash of the call that waits": [(r) => void (output(r, 3).hash += 1n), /step 3 .*\/second.*step 3 .*\/second/],
  "the number of a step": [(r) => void (output(r, 3).step = 4), /step 4 .*step 3 /],
  "the kind of a record": [(r) => void (r[log(r)].type = 3), /run\.|step\./],
  "the attempt of a group": [(r) => void (output(r, 2, "sum").hash += 1n), /step 2 \(step sum\).*step 2 \(step sum\)/],
  "a log record that was not written": [(r) => void r.splice(log(r), 0, { ...r[log(r)], hash: 5n }), /log of step 0 .*log of step 0/],
  "a log record that is gone": [(r) => void r.splice(log(r), 1), /step\.started of step 2 \(step sum\).*log of step 0/],
  "a call more at the end": [
    (r) => void r.push({ ...output(r, 3), step: 4, hash: 7n, name: "GET made.up/x" }),
    /step\.started of step 4 \(http GET made\.up\/x\).*a wait for something else/,
  ],
  "an answer that leads elsewhere": [
    (r) => void (answer(r).data = answer(r).data.replace('{\\"n\\":1}', '{\\"n\\":9}')),
    /log of step 0 .*log of step 0/,
  ],
  "an answer to a step that nobody took": [
    (r) => void r.push({ ...answer(r), step: 9 }),
    /an answer came for step 9, which does not wait for one/,
  ],
};

for (const [what, [edit, message]] of Object.entries(cases)) {
  test(`diverged: ${what}`, async (t) => {
    const { host, run } = await comeBack(t, edit);
    const ended = await host.waitRun(run);
    assert.deepEqual([ended.status, ended.error?.code], ["failed", "replay.diverged"], JSON.stringify(ended.error));
    assert.match(ended.error.message, message);
    const line = host.log.filter((l) => l.includes(run) && l.includes("replay.diverged"));
    assert.equal(line.length, 1, "one clear line of the log");
    const called = gate.next();
    const after = await host.fire("d", "run", {}); // the next call that the server sees is another run's first
    assert.equal((await called).run, after.json.runId, "no effect came of the replay");
  });
}

test("an untouched journal goes on where it stood", async (t) => {
  const { host, run } = await comeBack(t, () => {});
  const again = await gate.next();
  assert.deepEqual([again.run, again.step, again.request.url], [run, 3, "/second"], "the call without an answer is made again");
  again.answer({ n: 2 });
  assert.deepEqual((await host.waitRun(run)).result, { sum: 3 });
});

test("a damaged chunk ends its run and nothing else", async (t) => {
  const { host, run } = await comeBack(t, () => 5);
  const records = await host.events(run); // its last record could not be read
  assert.deepEqual(records.map((r) => r.type).slice(-3), ["stream.gap", "run.resumed", "run.failed"]);
  assert.deepEqual(records.at(-3).data, { from: records.at(-3).seq, to: records.at(-3).seq });
  const { status, error } = await host.getRun(run);
  assert.deepEqual([status, error.code], ["failed", "journal.damaged"], JSON.stringify(error));
  assert.equal(error.message, `the journal cannot be read from record ${records.at(-3).seq} on`);
  const other = await host.fire("d", "run", {});
  assert.equal(other.status, 202);
});

test("a chunk that is gone is not passed over", async (t) => {
  const host = await startHost({ t, scripts: { "d/run.lua": script }, args: ["--egress-allow", gate.address, "--runners", "1"] });
  const { json } = await host.fire("d", "run", {});
  (await gate.next()).answer({ n: 1 });
  const second = await gate.next();
  await host.kill();
  await second.gone;
  await sql(host, "DELETE FROM journal WHERE id = (SELECT id FROM journal ORDER BY pos LIMIT 1);");
  await host.start();
  assert.equal((await host.waitRun(json.runId)).error.code, "journal.damaged");
});
