// SPDX-License-Identifier: MIT
// Bodies at every address that starts a run: media types, sizes to the byte, chunks, strict JSON, lengths in code points, defaults.
import { after, test } from "node:test";
import assert from "node:assert/strict";
import { startHost } from "./host.mjs";
import { doors, openDoors, pointer, rules } from "./doors.mjs";

const LIMIT = 4096;
const host = await startHost({
  scripts: {
    "plain/agent.lua": `return trigger { run = function(event) return { body = event.body, inputs = event.inputs, instruction = event.instruction } end }`,
    "small/agent.lua": `return trigger { body = "4KB", run = function() return "small" end }`,
    "given/agent.lua": `return trigger { defaults = { size = "m", more = { a = 1, b = 2 }, n = 1 },
  run = function(event) local nulls = {} for k, v in pairs(event.body) do if v == require("json").null then nulls[#nulls + 1] = k end end
  return { inputs = event.inputs, nulls = nulls } end }`,
    "strict/agent.lua": `return trigger { input = { n = { type = "integer", min = 1, max = 5 }, list = { type = "array", optional = true, items = { type = "object", fields = { id = "string" } } } },
  run = function() return "ok" end }`,
  },
});
after(() => host.done());
const kit = await openDoors(host, ["plain", "small", "given", "strict"]);
const fine = (answer, why) => assert.ok(answer.status === 200 || answer.status === 202, `${why}: ${JSON.stringify(answer)}`);
const is = (answer, status, code, why) => assert.deepEqual([answer.status, answer.code], [status, code], `${why}: ${JSON.stringify(answer)}`);
// The answer of the run behind an answer.
const result = async (answer) => (await host.waitRun(answer.run)).result;

for (const door of doors) {
  test(`${door}: JSON by any of its media types, or by none; what is something else is 415`, async () => {
    for (const type of [
      "application/json", "application/json; charset=utf-8", "APPLICATION/JSON;charset=\"UTF-8\"", "application/cloudevents+json", "application/vnd.api+json; v=1", "text/json", " application/json ",
    ])
      fine(await kit.said(door, "plain", { headers: { "content-type": type } }), type);
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", "application/jsonx", "json", "+json", "application/json-seq", "text/html, application/json", ""]) {
      const answer = await kit.said(door, "plain", { headers: { "content-type": type } });
      is(answer, 415, "unsupported_media_type", type);
      assert.match(answer.message, /Content-Type/);
    }
    const raw = rules[door].wrap({});
    const socket = await host.request("POST", rules[door].path("plain"), { ...kit.request(door, "plain", { raw: JSON.stringify(raw) }).options, agent: undefined });
    fine(socket, "as node sends it");
    if (door === "agent" || door === "scenario") return; // they need a body
    fine(await kit.said(door, "plain", { raw: null, headers: { "content-type": "text/plain" } }), "no body, so its type does not count");
  });

  test(`${door}: the limit of the body holds to the byte, with a length and in chunks`, async () => {
    const whole = (bytes) => {
      const empty = JSON.stringify(rules[door].wrap({ pad: "" }));
      return JSON.stringify(rules[door].wrap({ pad: "x".repeat(bytes - empty.length) }));
    };
    for (const headers of [{}, { "transfer-encoding": "chunked" }]) {
      for (const bytes of [LIMIT - 1, LIMIT]) fine(await kit.said(door, "small", { raw: whole(bytes), headers }), `${bytes}`);
      const answer = await kit.said(door, "small", { raw: whole(LIMIT + 1), headers });
      is(answer, 413, "body_too_large", "one more");
      assert.match(answer.message, new RegExp(`${LIMIT}`), "it names the limit");
    }
    fine(await kit.said(door, "small", { raw: `${whole(LIMIT - 3)} \r\n`, headers: {} }), "blanks count too");
    is(await kit.said(door, "small", { raw: `${whole(LIMIT - 1)}  ` }), 413, "body_too_large", "blanks count too");
  });

  test(`${door}: JSON that readers might understand differently is refused`, async () => {
    const put = (value) => JSON.stringify(rules[door].wrap({ v: "HERE" })).replace('"HERE"', value);
    const depth = door === "flow" ? 2 : 1;
    const nested = (n) => "[".repeat(n - depth) + "]".repeat(n - depth);
    for (const good of ["1", "-0", "1e308", "0.1e-400", '"\\ud83c\\udf19"', '"\\u007f"', "{}", '{"a":{"a":1}}', nested(64), '"é"', "9007199254740993"]) fine(await kit.said(door, "small", { raw: put(good) }), good);
    for (const bad of [
      "1e309", "-1e999", "NaN", "Infinity", "+1", "01", "1.", ".5", "0x1", '"\\u0000"', '"a\\u0000b"', '"\\ud83c"', '"\\udf19\\ud83c"', '"\\x41"', "'a'", "undefined", "tru", nested(65), nested(200),
      '{"a":1,"a":1}', '{"a":1,"\\u0061":2}', '{"b":{"a":1,"a":2}}', "[1,]", '{"a":1,}', "[1 2]", "/* */1", '"\t"', '"\n"', "[", '"',
    ])
      is(await kit.said(door, "small", { raw: put(bad) }), 400, "malformed_json", bad);
    const text = put("1");
    for (const bad of [`${text}${text}`, `${text},`, text.slice(0, -1), `\ufeff${text}`, Buffer.concat([Buffer.from(text.slice(0, -1)), Buffer.from([0xff]), Buffer.from("}")]), `${text}\0`])
      is(await kit.said(door, "small", { raw: bad }), 400, "malformed_json", String(bad).slice(0, 60));
    for (const bad of [Buffer.from([0xc0, 0xaf]), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from([0xf4, 0x90, 0x80, 0x80])]) {
      const [left, right] = put('"HERE"').split("HERE");
      is(await kit.said(door, "small", { raw: Buffer.concat([Buffer.from(left), bad, Buffer.from(right)]) }), 400, "malformed_json", bad.toString("hex"));
    }
  });

  test(`${door}: a body is an object`, async () => {
    for (const raw of ["[]", "[{}]", '"x"', "0", "true", "false", ...(door === "flow" ? [] : ["null"])]) is(await kit.said(door, "plain", { raw }), 400, "invalid", raw);
  });

  test(`${door}: what the schema refuses is named`, async () => {
    fine(await kit.said(door, "strict", { inputs: { n: 5 } }), "5");
    for (const [inputs, field, about] of [
      [{}, "/n", /required|missing/], [{ n: 0 }, "/n", /1/], [{ n: 6 }, "/n", /5/], [{ n: "1" }, "/n", /integer|whole/], [{ n: 1.5 }, "/n", /integer|whole/], [{ n: null }, "/n", /n/],
      [{ n: 1, list: {} }, "/list", /list|array/], [{ n: 1, list: [{ id: "a" }, {}] }, "/list/1/id", /required|missing/], [{ n: 1, list: [{ id: 1 }] }, "/list/0/id", /string/],
    ]) {
      const answer = await kit.said(door, "strict", { inputs });
      is(answer, 400, "invalid", JSON.stringify(inputs));
      assert.match(answer.message, about);
      if (door === "flow" || door === "webhook") assert.ok(answer.message.includes(field.split("/").at(-1)), answer.message);
      else assert.equal(answer.field, pointer(door, field));
    }
  });

  test(`${door}: inputs lie over the defaults, shallowly; null wins`, async () => {
    const of = async (inputs) => result(await kit.said(door, "given", { inputs }));
    const own = door === "agent" || door === "scenario" ? { session_id: "s-1" } : {};
    const stored = { size: "m", more: { a: 1, b: 2 }, n: 1, ...own };
    assert.deepEqual((await of({})).inputs, stored);
    assert.deepEqual((await of({ n: 2 })).inputs, { ...stored, n: 2 });
    assert.deepEqual((await of({ more: { b: 3 }, other: [1] })).inputs, { ...stored, more: { b: 3 }, other: [1] });
    const nulled = await of({ size: null });
    assert.deepEqual(nulled.inputs.size ?? null, null);
    assert.equal(nulled.inputs.n, 1);
  });
}

// ---- lengths are code points

const moon = "\u{1f319}", composed = "e\u0301";
test("agent: an instruction has at most 2000 code points, whatever they weigh", async () => {
  for (const [text, ok] of [
    [moon.repeat(2000), true], [moon.repeat(2001), false], [`${moon.repeat(1999)}x`, true], [`${moon.repeat(2000)}x`, false], ["x".repeat(2000), true], ["x".repeat(2001), false],
    [composed.repeat(1000), true], [`${composed.repeat(1000)}x`, false], ["\u20ac".repeat(2000), true], ["\u20ac".repeat(2001), false],
  ]) {
    const answer = await kit.said("agent", "plain", { inputs: { instruction: text } });
    const escaped = await kit.said("agent", "plain", { raw: JSON.stringify({ session_id: "s-1", instruction: text }).replaceAll(moon, "\\ud83c\\udf19").replaceAll("\u20ac", "\\u20AC") });
    for (const one of [answer, escaped]) {
      if (ok) fine(one, `${[...text].length}`);
      else {
        is(one, 400, "invalid", `${[...text].length}`);
        assert.equal(one.field, "/instruction");
        assert.match(one.message, /2000/);
      }
    }
    if (ok) assert.equal((await result(answer)).instruction, text);
  }
});

test("a session id has 1 to 256 code points in every dialect that has one", async () => {
  for (const [door, field] of [["agent", "session_id"], ["scenario", "session_id"], ["project", "sessionId"], ["native", "sessionId"]]) {
    for (const [value, ok] of [[moon.repeat(256), true], [moon.repeat(257), false], ["x".repeat(256), true], ["x".repeat(257), false], ["x", true], ["", false], [7, false], [{}, false]]) {
      const answer = await kit.said(door, "plain", { inputs: { [field]: value } });
      if (!ok) {
        is(answer, 400, "invalid", `${door} ${value}`);
        assert.equal(answer.field, `/${field}`);
        continue;
      }
      fine(answer, `${door} ${value}`);
      assert.equal((await host.waitRun(answer.run)).sessionId, value);
      const list = await host.request("GET", `/v1/runs?session=${encodeURIComponent(value)}&limit=1`);
      assert.deepEqual([list.status, list.json.items[0].sessionId], [200, value], "and finds its runs");
    }
  }
});

test("flow: keys beside inputs are ignored, also where another dialect would look at them", async () => {
  for (const more of [{ session_id: 5 }, { sessionId: [] }, { instruction: 7 }, { language: "xx" }, { timezone: "+02:00" }, { context: { a: {} } }, { customer: [] }])
    assert.deepEqual((await result(await kit.said("flow", "plain", { raw: JSON.stringify({ ...more, inputs: { a: 1 } }) }))).inputs, { a: 1 });
});

test("project and native: each known field's values", async () => {
  const table = [
    ["language", ["de", "EN", "zh"], ["", "deu", "xx", "de-DE", "d", 1, {}]],
    ["timezone", ["Europe/Berlin", "utc", "america/new_york", "Asia/Kolkata"], ["", "+01:00", "UTC+1", "Berlin", "../zone.tab", "/etc/localtime", "Europe/", 1]],
    ["environment", ["test", "\u{1f319}"], ["", "x".repeat(257), 1, [], {}]],
    ["instruction", ["x", "", { a: 1 }], [1, true, []]],
    ["customer", [{}, { a: "x", b: 1, c: true, d: null }], [[], "x", 1, { a: {} }, { a: [] }]],
    ["context", [{}, { a: true, b: 1.5, c: "x", d: null }], [[], "x", { a: {} }, { a: [1] }]],
  ];
  for (const door of ["project", "native"]) {
    for (const [field, good, bad] of table) {
      for (const value of [...good, null]) fine(await kit.said(door, "plain", { inputs: { [field]: value } }), `${door} ${field} ${JSON.stringify(value)}`);
      for (const value of bad) {
        const answer = await kit.said(door, "plain", { inputs: { [field]: value } });
        is(answer, 400, "invalid", `${door} ${field} ${JSON.stringify(value)}`);
        assert.ok(answer.field.startsWith(`/${field}`), answer.field);
        assert.match(answer.message, new RegExp(field));
      }
    }
  }
});
