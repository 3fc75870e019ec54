// SPDX-License-Identifier: MIT
// What a body may be: sizes, media types, chunks; JSON that is refused with the byte where it goes wrong; values that are refused with the
// field that is wrong; filters.
import { after, test } from "node:test";
import assert from "node:assert/strict";
import net from "node:net";
import { once } from "node:events";
import { open, startHost } from "./host.mjs";

const host = await startHost({
  scripts: {
    "b/any.lua": `return trigger { run = function(event) return event.body end }`,
    "b/headers.lua": `return trigger { run = function(event) return event.headers end }`,
    "b/small.lua": `return trigger { body = "1KB", run = function(event) return #event.body.text end }`,
    "b/order.lua": `
return trigger {
  input = {
    ticketId = "string",
    amount = { type = "number", min = 0, max = 100 },
    note = { type = "string", max = 5, optional = true },
    lines = { type = "array", optional = true, items = { type = "object", fields = { sku = "string", ["a/b"] = { type = "integer", optional = true } } } },
  },
  run = function(event) return event.body.amount end,
}`,
    "b/data.lua": `
return trigger {
  filter = { { "amount", "<", 100 }, { "customer.tier", "in", { "gold", "silver" } } },
  run = function(event) return "in" end,
}`,
    "b/code.lua": `
return trigger {
  filter = function(event) return event.body.amount < 100, "amount too high" end,
  run = function(event) return "in" end,
}`,
    "b/code_raises.lua": `
return trigger {
  filter = function(event)
    return event.body.missing.field
  end,
  run = function(event) return "in" end,
}`,
    "b/defaults.lua": `return trigger { defaults = { a = 1, b = 2 }, run = function(event) return event.inputs end }`,
  },
});
after(() => host.done());

const any = (body, options) => host.fire("b", "any", body, options);

// An exchange over a plain socket: {status, head, body, json}.
async function raw(text) {
  const socket = net.connect(Number(new URL(host.url).port), "127.0.0.1");
  socket.on("error", () => {});
  socket.write(text);
  let all = "";
  for await (const part of socket.setEncoding("utf8")) all += part;
  const [head, body] = all.split(/\r\n\r\n(.*)/s);
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]), head, body };
}
const rawHead = (key, ...lines) =>
  [`POST /api/v1.0/project/b/trigger/${key} HTTP/1.1`, "Host: x", `x-api-key: ${host.key}`, "Connection: close", ...lines, "", ""].join("\r\n");

// ---- malformed

test("broken JSON is 400 and says at which byte", async () => {
  const deep = (n) => '{"a":'.repeat(n - 1) + "{}" + "}".repeat(n - 1);
  assert.equal((await any(deep(64))).status, 200);
  for (const [name, text, byte] of [
    ["a name twice", '{"a":1,"b":2,"a":3}', 13],
    ["a name twice, escaped", '{"a":1,"\\u0061":3}', 7],
    ["a name twice, deep down", '{"x":[{"a":1,"a":1}]}', 13],
    ["depth 65", deep(65), null],
    ["NUL, escaped", '{"a":"\\u0000"}', null],
    ["a raw control character", '{"a":"\u0001"}', null],
    ["a lone high surrogate", '{"a":"\\ud800"}', null],
    ["a lone low surrogate", '{"a":"\\udc00x"}', null],
    ["a number beyond double", '{"a":1e999}', 5],
    ["something behind", '{"a":1} x', 8],
    ["two values", "{}{}", 2],
    ["a byte order mark", Buffer.from('\ufeff{"a":1}'), 0],
    ["invalid UTF-8", Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d]), 6],
    ["NUL itself", Buffer.from('{"a":1}\0'), 7],
    ["a cut", '{"a":', 5],
    ["a comma too many", '{"a":1,}', 7],
    ["single quotes", "{'a':1}", 1],
    ["a leading zero", '{"a":01}', null],
    ["NaN", '{"a":NaN}', 5],
    ["Infinity", '{"a":-Infinity}', 6],
    ["a number just beyond double", '{"a":-1.7976931348623159e308}', 5],
    ["a thousand digits", `{"a":${"9".repeat(1000)}}`, 5],
    ["1e400", '{"a":[0,1e400]}', 8],
    ["a plus sign", '{"a":+1}', 5],
    ["no digit in front of the point", '{"a":.5}', 5],
    ["no digit behind the point", '{"a":1.}', 7],
    ["no digit in the exponent", '{"a":1e+}', 8],
    ["a hexadecimal number", '{"a":0x1F}', 6],
    ["a minus sign alone", '{"a":-}', 6],
    ["an array with a comma too many", '{"a":[1,]}', 8],
    ["a comma in front", '{"a":[,1]}', 6],
    ["a comment", '{/**/"a":1}', 1],
    ["a name that is empty, twice", '{"":1,"":2}', 6],
    ["a name twice, as a surrogate pair", '{"\u{1F319}":1,"\\ud83c\\udf19":2}', 10],
    ["a pair the wrong way round", '{"a":"\\udf19\\ud83c"}', 6],
    ["an unknown escape", '{"a":"\\x41"}', 6],
    ["UTF-16", Buffer.from('{"a":1}', "utf16le"), 1],
    ["an overlong form", Buffer.from([0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0x31, 0x7d]), 2],
    ["a surrogate in UTF-8", Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d]), 2],
  ]) {
    const answer = await any(text);
    assert.equal(answer.status, 400, `${name}: ${answer.text}`);
    assert.deepEqual([answer.json.status, answer.json.code], [400, "malformed_json"], name);
    const told = /^byte (\d+): \S/.exec(answer.json.message);
    assert.ok(told, `${name}: ${answer.json.message}`);
    if (byte !== null) assert.equal(Number(told[1]), byte, `${name}: ${answer.json.message}`);
  }
});

test("JSON that is no object is refused", async () => {
  for (const body of ["[]", "1", '"text"', "true", "null"]) {
    const answer = await any(body);
    assert.deepEqual([answer.status, answer.json.code], [400, "invalid"], body);
    assert.match(answer.json.message, /object/);
  }
});

test("what is odd but JSON is taken", async () => {
  const long = `1${"0".repeat(300)}`;
  for (const text of ['{"a":-0}', '{"a":-0.0e-9999}', '{"a":1E30,"b":0}', `{"a":${long}}`, `{"a":0.${"0".repeat(2000)}1}`, `{"a":0.${"3".repeat(2000)}}`, '{"a":5e-324}',
    '{"a":1.7976931348623157e308}', '{"\\ud83c\\udf19":1,"x":2}', '{"\u007f":"\u2028\ufffe"}', '\t\r\n {"a":1} \n'])
    assert.deepEqual((await any(text)).json.response, JSON.parse(text, (_, v) => (Object.is(v, -0) ? 0 : v)), text);
});

test("numbers, unicode and order of members survive", async () => {
  const text = '{"z":1.5,"a":[1e300,-0.1,9007199254740991],"ü":"\\ud83c\\udf19 \u20ac","empty":{},"none":[]}';
  const answer = await any(text);
  assert.deepEqual(answer.json.response, JSON.parse(text));
});

// ---- media types

test("a type that is not JSON is 415, none at all is taken as JSON", async () => {
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonx", ""]) {
    const answer = await any('{"a":1}', { headers: { "content-type": type } });
    if (type === "") continue; // node sends an empty value as it is; both ways of taking it are fine
    assert.deepEqual([answer.status, answer.json.code], [415, "unsupported_media_type"], type);
    assert.match(answer.json.message, /application\/json/);
  }
  for (const type of ["application/json", "Application/JSON; charset=utf-8", "application/vnd.api+json", "text/json"]) {
    assert.equal((await any('{"a":1}', { headers: { "content-type": type } })).status, 200, type);
  }
  const body = '{"a":1}';
  const none = await raw(rawHead("any", `Content-Length: ${body.length}`) + body);
  assert.equal(none.status, 200, none.head);
});

// ---- sizes and framing

test("a body over the trigger's limit is 413, at the limit it is taken", async () => {
  const exact = JSON.stringify({ text: "x".repeat(1024 - '{"text":""}'.length) });
  assert.equal(exact.length, 1024);
  const taken = await host.fire("b", "small", exact);
  assert.deepEqual([taken.status, taken.json.response], [200, 1024 - 11]);
  const over = await host.fire("b", "small", exact + " ");
  assert.deepEqual([over.status, over.json.code], [413, "body_too_large"]);
  assert.match(over.json.message, /1024|1 ?KB|1 ?KiB/);
  assert.equal((await any({ text: "x".repeat(1 << 20) })).status, 413);
});

test("chunked bodies are decoded, over the limit they are 413", async () => {
  const send = async (key, parts) => {
    const { status, message } = await new Promise((resolve, reject) => {
      const headers = { "x-api-key": host.key, "content-type": "application/json", "transfer-encoding": "chunked" };
      open("POST", `${host.url}/api/v1.0/project/b/trigger/${key}`, { headers, body: Buffer.concat(parts) }).then(resolve, reject);
    });
    let text = "";
    for await (const part of message) text += part;
    return { status, json: JSON.parse(text) };
  };
  const answer = await send("any", [Buffer.from('{"a":'), Buffer.from("1}")]);
  assert.deepEqual([answer.status, answer.json.response], [200, { a: 1 }]);
  const over = await send("small", [Buffer.from(JSON.stringify({ text: "x".repeat(2000) }))]);
  assert.equal(over.status, 413);
  const pieces = '5;ext=1\r\n{"b":\r\n2\r\n2}\r\n0\r\nTrailer: x\r\n\r\n';
  const many = await raw(rawHead("any", "Transfer-Encoding: chunked") + pieces);
  assert.equal(many.status, 200, many.head);
  assert.match(many.body, /"response":\{"b":2\}/);
});

test("header lines of one name reach the script joined", async () => {
  const answer = await raw(rawHead("headers", "Content-Length: 0", "X-A: 1", "Via: 1.1 a", "x-a: 2", "VIA: 1.1 b", "X-A:"));
  assert.equal(answer.status, 200, answer.head + answer.body);
  const { response } = JSON.parse(answer.body);
  assert.deepEqual([response["x-a"], response.via], ["1, 2, ", "1.1 a, 1.1 b"]);
});

test("Expect: 100-continue is answered before the body is asked for", async () => {
  const socket = net.connect(Number(new URL(host.url).port), "127.0.0.1").setEncoding("utf8");
  socket.write(rawHead("any", "Content-Length: 7", "Expect: 100-continue"));
  const [first] = await once(socket, "data");
  assert.match(first, /^HTTP\/1\.1 100 /);
  socket.write('{"a":1}');
  const [second] = await once(socket, "data");
  assert.match(second, /^HTTP\/1\.1 200 /);
  socket.destroy();
});

// ---- values

test("a value that the trigger's schema refuses is named by its pointer", async () => {
  const good = { ticketId: "T-1", amount: 5 };
  assert.equal((await host.fire("b", "order", good)).status, 200);
  for (const [body, field, about] of [
    [{ amount: 5 }, "/ticketId", /ticketId|required|missing/],
    [{ ticketId: 5, amount: 5 }, "/ticketId", /string/],
    [{ ticketId: "T", amount: "5" }, "/amount", /number/],
    [{ ticketId: "T", amount: 101 }, "/amount", /100/],
    [{ ticketId: "T", amount: -1 }, "/amount", /0/],
    [{ ticketId: "T", amount: 5, note: "too long" }, "/note", /5/],
    [{ ticketId: "T", amount: 5, lines: {} }, "/lines", /array|list/],
    [{ ticketId: "T", amount: 5, lines: [{ sku: "a" }, { sku: 1 }] }, "/lines/1/sku", /string/],
    [{ ticketId: "T", amount: 5, lines: [{ sku: "a", "a/b": 1.5 }] }, "/lines/0/a~1b", /integer|whole/],
  ]) {
    const answer = await host.fire("b", "order", body);
    assert.deepEqual([answer.status, answer.json.code, answer.json.field], [400, "invalid", field], answer.text);
    assert.match(answer.json.message, about);
  }
  const none = await host.fire("b", "order", undefined);
  assert.deepEqual([none.status, none.json.code], [400, "invalid"]);
});

test("a known field with a wrong value is named by its pointer", async () => {
  for (const [name, value, field = `/${name}`] of [
    ["sessionId", 5], ["sessionId", ""], ["sessionId", "x".repeat(257)], ["sessionId", {}],
    ["language", "xx"], ["language", "deu"], ["language", "de-DE"], ["language", 1],
    ["timezone", "Berlin"], ["timezone", "+02:00"], ["timezone", "../../etc/passwd"], ["timezone", 2],
    ["instruction", 5], ["instruction", []],
    ["environment", 5],
    ["customer", []], ["customer", "Ada"], ["customer", { address: {} }, "/customer/address"],
    ["context", []], ["context", { "a/b": [] }, "/context/a~1b"], ["context", { deep: { er: 1 } }, "/context/deep"],
  ]) {
    const answer = await any({ [name]: value });
    assert.deepEqual([answer.status, answer.json.code, answer.json.field], [400, "invalid", field], `${name} ${answer.text}`);
  }
  const longest = "\u{1F319}".repeat(256);
  assert.equal((await any({ sessionId: longest })).json.sessionId, longest);
});

test("the trigger's defaults lie under the body", async () => {
  assert.deepEqual((await host.fire("b", "defaults", { b: 3, c: 4 })).json.response, { a: 1, b: 3, c: 4 });
  assert.deepEqual((await host.fire("b", "defaults", undefined)).json.response, { a: 1, b: 2 });
});

// ---- filters

test("a data filter drops what does not match and names the condition", async () => {
  assert.equal((await host.fire("b", "data", { amount: 5, customer: { tier: "gold" } })).status, 200);
  for (const [body, about] of [
    [{ amount: 100, customer: { tier: "gold" } }, /amount/],
    [{ amount: 5, customer: { tier: "tin" } }, /customer\.tier/],
    [{ amount: 5 }, /customer\.tier/],
    [undefined, /amount/],
  ]) {
    const answer = await host.fire("b", "data", body);
    assert.deepEqual([answer.status, answer.json.code], [400, "filtered"], answer.text);
    assert.match(answer.json.message, about);
    assert.equal(answer.json.runId, undefined);
  }
});

test("a function filter drops with its own reason", async () => {
  assert.equal((await host.fire("b", "code", { amount: 5 })).json.response, "in");
  const answer = await host.fire("b", "code", { amount: 500 });
  assert.deepEqual([answer.status, answer.json.code, answer.json.message], [400, "filtered", "amount too high"]);
});

test("what was dropped or refused left no run behind", async () => {
  const list = await host.request("GET", "/v1/runs?project=b&limit=200");
  const allowed = new Set(["any", "headers", "small", "order", "data", "code", "defaults"]);
  for (const run of list.json.items) {
    assert.ok(allowed.has(run.trigger), run.trigger);
    assert.equal(run.status, "completed");
  }
});

test("a filter that raises is a failed run with its line", async () => {
  const answer = await host.fire("b", "code_raises", {});
  assert.deepEqual([answer.status, answer.json.code, answer.json.error.at], [500, "run_failed", "b/code_raises.lua:4"], answer.text);
});
