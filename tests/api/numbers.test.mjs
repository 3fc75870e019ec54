// SPDX-License-Identifier: MIT
// Integers within 64 bits keep every digit: in = out over every door and for every reader, and two that differ in the last digit
// are two to whatever compares them. Wider ones are floats to scripts; what was sent is still shown as it was.
import { after, test } from "node:test";
import assert from "node:assert/strict";
import { openDoors, doors } from "./doors.mjs";
import { startHost } from "./host.mjs";
import { probe, seeded } from "./probe.mjs";
import { parseJson, stringifyJson, createClient } from "../../host/ui/sdk.js";

const PAGE = "https://shop.example";
const ECHO = `run = function(event, flow)
    flow.log("seen", { doc = event.body.doc })
    local kept = flow.step("keep", function() return { doc = event.body.doc } end)
    return { doc = kept.doc }
  end`;
const host = await startHost({
  scripts: {
    "plain/agent.lua": `return trigger { id = "plain.agent", widget = true, origins = { "${PAGE}" }, defaults = { usual = 9007199254740993 }, ${ECHO} }`,
    "n/echo.lua": "return trigger { run = function(event) return { id = event.body.id } end }",
    "n/known.lua": "return trigger { run = function(event) return { context = event.context, customer = event.customer } end }",
    "n/filtered.lua": `return trigger { filter = { { "id", "=", 9007199254740993 } }, run = function(event) return { id = event.body.id } end }`,
    "n/one_of.lua": `return trigger { input = { id = { type = "integer", enum = { 9007199254740993, 9223372036854775807 } } }, run = function(event) return { id = event.body.id } end }`,
    "n/whole.lua": `return trigger { input = { id = { type = "integer", min = -9223372036854775807 } }, run = function(event) return { id = event.body.id } end }`,
    "n/once.lua": "return trigger { unique = true, run = function(event) return { id = event.body.id } end }",
    "n/says.lua": `return trigger { instruction = "order {{id}}", run = function(event) return { said = event.instruction, text = tostring(event.body.id) } end }`,
  },
});
after(() => host.done());
const kit = await openDoors(host, ["plain"]);
const widget = await host.newKey("page", "--widget", "--project", "plain");

// ---- documents

const random = seeded(53);
const upTo = (n) => Math.floor(random() * n);
const pick = (list) => list[upTo(list.length)];
const LEAST = -(2n ** 63n), MOST = 2n ** 63n - 1n;
const edges = [2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n) + 1n, -(2n ** 53n), -(2n ** 53n) - 1n, MOST, MOST - 1n, LEAST, LEAST + 1n, 0n, 1n, -1n, 820982911946154508n];
const anyBits = () => BigInt.asIntN(64, BigInt(upTo(2 ** 32)) << 32n | BigInt(upTo(2 ** 32)));
const number = () => pick([() => pick(edges), anyBits, () => anyBits() >> BigInt(upTo(63)), () => upTo(2 ** 31) / pick([4, 8, 1024]), () => random() * 10 ** upTo(12)])();
function value(depth) {
  const kind = upTo(depth ? 8 : 6);
  if (kind < 4) return number();
  if (kind < 6) return pick([true, null, "", "9007199254740993", 'a"text":9007199254740993', "é"]);
  if (kind === 6) return Array.from({ length: 1 + upTo(5) }, () => value(depth - 1));
  return Object.fromEntries(Array.from({ length: 1 + upTo(5) }, (_, i) => [`k${i}`, value(depth - 1)]));
}
const document = () => stringifyJson(Array.from({ length: 6 }, () => value(3)));

const bodies = {
  agent: (doc) => `{"session_id":"s-1","doc":${doc}}`,
  scenario: (doc) => `{"session_id":"s-1","doc":${doc}}`,
  flow: (doc) => `{"inputs":{"doc":${doc}}}`,
  widget: (doc) => `{"variables":{"doc":${doc}}}`,
};
const send = (door, doc) => {
  const raw = bodies[door]?.(doc) ?? `{"doc":${doc}}`;
  if (door !== "widget") return kit.send(door, "plain", { raw });
  return host.request("POST", "/v1/widget/plain.agent/runs", { key: null, body: raw, headers: { "x-api-key": widget, origin: PAGE } });
};

const holds = (text, doc, what, times = 1) => {
  const found = text.split(`"doc":${doc}`).length - 1;
  assert.ok(found >= times, `${what}: found ${found} of ${times} times\n${doc}\n${text}`);
};
const unspaced = (text) => text.replace(/[ \n]+/g, ""); // documents hold no blanks

for (const door of [...doors, "widget"])
  test(`${door}: what is sent comes out at every reader, digit by digit`, async () => {
    for (let i = 0; i < 4; i++) {
      const doc = document();
      const answer = await send(door, doc);
      assert.ok(answer.status < 300, answer.text);
      const run = answer.headers["x-run-id"];
      if (answer.status === 200) holds(answer.text, doc, "the answer");
      const accept = { accept: "application/json" };
      const sse = await host.request("GET", `/v1/runs/${run}/events`, { headers: { accept: "text/event-stream" } });
      holds(sse.text, doc, "SSE", 3);
      holds((await host.request("GET", `/v1/runs/${run}/events`, { headers: accept })).text, doc, "events", 3);
      holds((await host.request("GET", `/v1/runs/${run}`)).text, doc, "the run: body and result", 2);
      holds((await host.request("GET", "/v1/runs?limit=1")).text, doc, "the list", 1);
    }
  });

test("the command line and the SDK show every digit", async () => {
  const doc = document();
  const fired = await host.cli(["trigger", "plain/agent", "--data", `{"doc":${doc}}`]);
  assert.equal(fired.code, 0, fired.stderr);
  holds(unspaced(fired.stdout), doc, "moontide trigger");
  const run = JSON.parse(fired.stdout).runId;
  const shown = await host.cli(["runs", "show", run]);
  holds(unspaced(shown.stdout), doc, "runs show", 2);
  const followed = await host.cli(["runs", "follow", run, "--json"]);
  holds(followed.stdout, doc, "runs follow --json", 3);

  const client = createClient({ url: host.url, key: host.key });
  const got = await client.runs.get(run);
  holds(stringifyJson(got), doc, "the SDK's run", 2);
  const records = [];
  for await (const record of client.runs.stream(run)) records.push(record);
  holds(stringifyJson(records), doc, "the SDK's records", 3);
  const again = await client.triggers.fire("n", "echo", { id: MOST }, { wait: 60 });
  assert.deepEqual(again.result, { id: MOST });
  const flow = await client.workflows.run("n.echo", { inputs: { id: -(2n ** 53n) - 1n } });
  assert.deepEqual(flow.result, { id: -(2n ** 53n) - 1n });
  const small = await client.workflows.run("n.echo", { inputs: { id: Number.MAX_SAFE_INTEGER } });
  assert.deepEqual(small.result, { id: Number.MAX_SAFE_INTEGER });
});

// ---- one number at a time

const fire = (trigger, id, headers = {}) => host.fire("n", trigger, `{"id":${id}}`, { headers });
const overFlow = (id) => host.request("POST", "/api/v1/flow/n.echo", { key: null, body: `{"inputs":{"id":${id}}}`, headers: { authorization: `Bearer ${host.key}` } });
const resultOf = (text) => /"id":([^,}\]]*)/.exec(text)?.[1];

test("beyond 64 bits a number is a float to the script, and is shown as it was sent", async () => {
  const rows = {
    "9223372036854775808": "9223372036854776000", "-9223372036854775809": "-9223372036854775808", "18446744073709551615": "18446744073709552000",
    "1e20": "100000000000000000000", "1e21": "1e+21", "-0": "0", "1.0": "1", "1e3": "1000", "1152921504606846976": "1152921504606846976",
    "1.152921504606846976e18": "1152921504606846976", "0.1": "0.1", "123456789.125": "123456789.125", "5e-324": "5e-324",
  };
  for (const [sent, result] of Object.entries(rows)) {
    for (const answer of [await fire("echo", sent), await overFlow(sent)]) {
      assert.equal(answer.status, 200, answer.text);
      assert.equal(resultOf(answer.text), result, sent);
      const run = (await host.request("GET", `/v1/runs/${answer.headers["x-run-id"]}`)).text;
      const body = /"body":\{"id":([^}]*)\}/.exec(run)[1];
      if (/^-?\d{16,}$/.test(sent)) assert.equal(body, sent);
      else assert.ok(Number(body) === Number(sent), `${sent} is shown as ${body}`);
    }
  }
});

test("known fields, defaults and templates keep them", async () => {
  const ids = '{"big":9007199254740993,"least":-9223372036854775808}';
  const known = await host.fire("n", "known", `{"context":${ids},"customer":${ids}}`);
  assert.ok(known.text.includes(`"context":${ids}`) && known.text.includes(`"customer":${ids}`), known.text);
  const answer = await send("project", "[]");
  assert.ok((await host.request("GET", `/v1/triggers/plain/agent`)).text.includes('"usual":9007199254740993'));
  assert.equal(answer.status, 200);
  const flow = await kit.send("flow", "plain", { raw: '{"inputs":{"doc":[]}}' });
  const run = await host.request("GET", `/v1/runs/${flow.headers["x-run-id"]}`);
  assert.ok(run.text.includes('"usual":9007199254740993'), run.text);
  const said = await fire("says", "9007199254740993");
  assert.deepEqual(said.json.response, { said: "order 9007199254740993", text: "9007199254740993" });
});

test("filter and enum tell the last digit", async () => {
  assert.equal((await fire("filtered", "9007199254740993")).status, 200);
  for (const other of ["9007199254740992", "9007199254740994"]) {
    const dropped = await fire("filtered", other);
    assert.deepEqual([dropped.status, dropped.json.code], [400, "filtered"]);
  }
  for (const one of ["9007199254740993", "9223372036854775807"]) assert.equal(resultOf((await fire("one_of", one)).text), one);
  for (const other of ["9007199254740992", "9223372036854775806", "9223372036854775808"]) assert.equal((await fire("one_of", other)).status, 400, other);
});

test("an integer is any of 64 bits; bounds count digits", async () => {
  for (const one of ["820982911946154508", "9223372036854775807", "-9223372036854775807", "1.0"]) assert.equal((await fire("whole", one)).status, 200, one);
  const under = await fire("whole", "-9223372036854775808");
  assert.deepEqual([under.status, under.json.field, under.json.message], [400, "/id", "/id must be at least -9223372036854775807"]);
  const wide = await fire("whole", "18446744073709551615");
  assert.deepEqual([wide.status, wide.json.message], [400, "/id must be a whole number within 64 bits"]);
  const { text } = await host.request("GET", "/openapi.json");
  assert.match(text, /"id":\{"type":"integer","format":"int64","minimum":-9223372036854775807\}/);
});

test("unique and Idempotency-Key: two ids that differ in the last digit are two", async () => {
  const pairs = [["1234567890123456788", "1234567890123456789"], ["9007199254740992", "9007199254740993"], ["123456789012345678901234567890", "123456789012345678901234567891"]];
  for (const [i, [one, other]] of pairs.entries()) {
    const runs = [await fire("once", one), await fire("once", other)];
    assert.deepEqual(runs.map(({ status }) => status), [200, 200], `${one} ${runs[1].text}`);
    const twice = await fire("once", one);
    assert.deepEqual([twice.status, twice.json.code, twice.json.runId], [400, "duplicate", runs[0].json.runId]);
    const key = { "idempotency-key": `key-${i}` };
    const first = await fire("echo", one, key);
    assert.equal((await fire("echo", other, key)).status, 422, other);
    assert.equal((await fire("echo", one, key)).json.runId, first.json.runId);
  }
  const statuses = [];
  for (const form of ["7", "7.0", "70e-1", "0.7e1"]) statuses.push((await fire("once", form)).status);
  assert.deepEqual(statuses, [200, 400, 400, 400], "how a number is written makes no difference");
  const floats = [];
  for (const form of ["9007199254740997.0", "9007199254740997", "9007199254740996"]) floats.push((await fire("once", form)).status);
  assert.deepEqual(floats, [200, 200, 400], "one with a point is the float that the script sees");
});

test("the canonical form of 2,000 random integers has their digits, and merges no two", () => {
  const numbers = [...new Set(Array.from({ length: 2000 }, () => anyBits() >> BigInt(upTo(40))))].map(String);
  const forms = probe("canonical", numbers.map((n) => `{"id":${n}}`));
  for (const [i, form] of forms.entries()) assert.equal(form, `{"id":${numbers[i]}}`);
});

test("parseJson: BigInt beyond the safe integers where a number would round or it is within 64 bits, and nowhere else", () => {
  const text = '{"a":[9007199254740991,9007199254740992,-9007199254740993,9223372036854775807,9223372036854775808],"s":"\\"9007199254740993","9007199254740993":1e20}';
  assert.deepEqual(parseJson(text), { a: [9007199254740991, 9007199254740992n, -9007199254740993n, MOST, 2n ** 63n], s: '"9007199254740993', "9007199254740993": 1e20 });
  const wide = "[18446744073709551615,-123456789012345678901234567890,100000000000000000000,1000000000000000000000000]";
  assert.deepEqual(parseJson(wide), [2n ** 64n - 1n, -123456789012345678901234567890n, 1e20, 10n ** 24n]);
  assert.equal(stringifyJson(parseJson(wide)), wide);
  assert.equal(stringifyJson({ a: [1n, MOST], b: "1n", c: undefined }), '{"a":[1,9223372036854775807],"b":"1n"}');
  for (let i = 0; i < 200; i++) {
    const doc = document();
    assert.equal(stringifyJson(parseJson(doc)), doc);
    const integer = String(anyBits() * 10n ** BigInt(upTo(12)) + BigInt(upTo(1000)));
    assert.equal(stringifyJson(parseJson(`[${integer}]`)), `[${integer}]`);
  }
});

test("the SDK sends a run's body again as it was, beyond 64 bits too", async () => {
  const client = createClient({ url: host.url, key: host.key });
  const first = await fire("echo", "18446744073709551615");
  const { body } = await client.runs.get(first.json.runId);
  assert.equal(body.id, 2n ** 64n - 1n);
  const again = await client.triggers.fire("n", "echo", body, { wait: 60 });
  const shown = await host.request("GET", `/v1/runs/${again.runId}`);
  assert.ok(shown.text.includes('"body":{"id":18446744073709551615}'), shown.text);
});
