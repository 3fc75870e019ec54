// SPDX-License-Identifier: MIT
// Secrets: what a server gets, what nobody else ever sees, where they do not go, and how they are set.
import { after, test } from "node:test";
import assert from "node:assert/strict";
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import fs from "node:fs/promises";
import path from "node:path";
import { cli, request, startHost } from "./host.mjs";
import { answerServer, gateServer } from "./servers.mjs";

const VALUE = 'hush/+?&="\\ 42-tail';
const KEY = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

// Says back all that it got, in the forms that servers like.
const echo = await answerServer((call) => {
  const said = { path: call.path, headers: call.headers, body: call.body };
  const all = JSON.stringify(said) + encodeURIComponent(VALUE) + Buffer.from(`x:${VALUE}`).toString("base64");
  return { status: 200, headers: { "x-echo": call.headers["x-key"] ?? "none" }, text: all };
});
after(echo.close);

const SEND = `
local http = require "http"
return trigger {
  run = function(event, flow)
    local b = event.body
    local key = secret(b.name or "KEY")
    local ok, answer = pcall(http.post, b.url .. "/p/" .. key .. "/q?a=" .. key, {
      query = { k = "x" .. key },
      headers = { Authorization = "Bearer " .. key, ["X-Key"] = key },
      body = '{"key":"' .. key .. '"}',
    })
    if not ok then return { code = answer.code, message = tostring(answer) } end
    print("key is", key)
    flow.log("answer", { text = answer.body })
    flow.emit("progress", { echo = answer.headers["x-echo"] })
    return { status = answer.status, body = answer.body, echo = answer.headers["x-echo"], shown = tostring(key) }
  end,
}`;

const host = await startHost({
  scripts: {
    "s/send.lua": SEND,
    "s/get.lua": `
local http = require "http"
return trigger {
  run = function(event)
    local ok, answer = pcall(http.get, event.body.url, { headers = { ["X-Key"] = secret "KEY" } })
    if ok then return { status = answer.status, body = answer.body } end
    return { code = answer.code, message = tostring(answer) }
  end,
}`,
    "s/plain.lua": `
local http = require "http"
return trigger {
  run = function(event)
    local answer = http.request { url = event.body.url, headers = event.body.headers }
    return { body = answer.body }
  end,
}`,
    "s/returns.lua": `return trigger { run = function() return { key = secret "KEY" } end }`,
    "s/logs.lua": `return trigger { run = function(_, flow) flow.log("key", { key = secret "KEY" }) end }`,
    "s/raises.lua": `return trigger { run = function() error(secret "KEY") end }`,
    "s/gated.lua": `
local http = require "http"
return trigger { wait = false, run = function(event)
  return http.get(event.body.url, { headers = { ["X-Key"] = secret "KEY" } }):json()
end }`,
  },
  args: ["--egress-allow", "127.0.0.1,localhost"],
});
after(() => host.done());

const secrets = (method, where = "", options = {}) => host.request(method, `/v1/secrets${where}`, options);
const set = (name, value, hosts) => secrets("POST", "", { body: { name, value, hosts } });
const command = (...args) => cli(["secret", ...args, "--data", host.data]);
const pipe = (input, ...args) => cli(["secret", ...args, "--data", host.data], { input });
const run = async (trigger, body) => {
  const answer = await host.fire("s", trigger, body);
  assert.equal(answer.status, 200, answer.text);
  return answer.json.response;
};

const forms = (value) => [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1),
  Buffer.from(value).toString("hex"), Buffer.from(value).toString("base64").slice(0, -4)];

// All files of the data folder, the log, and what is given.
async function nowhere(value, ...texts) {
  const files = await fs.readdir(host.data, { recursive: true, withFileTypes: true });
  const contents = files.filter((f) => f.isFile()).map((f) => readFileSync(path.join(f.parentPath ?? f.path, f.name)));
  assert.ok(contents.length >= 2);
  for (const form of forms(value)) {
    for (const bytes of [...contents, host.log.join("\n"), ...texts]) assert.ok(!bytes.includes(form), form);
  }
}

test("the server gets the value, and nobody else does", async () => {
  assert.equal((await set("KEY", VALUE, ["127.0.0.1"])).status, 201);
  const fired = await host.fire("s", "send", { url: echo.url.slice(0, -1) });
  assert.equal(fired.status, 200, fired.text);
  const got = echo.calls.at(-1);
  const encoded = encodeURIComponent(VALUE);
  assert.equal(got.headers.authorization, `Bearer ${VALUE}`);
  assert.equal(got.headers["x-key"], VALUE);
  assert.equal(got.body, `{"key":"${VALUE}"}`);
  const [where, query] = [got.path.slice(0, got.path.indexOf("?")), got.path.slice(got.path.indexOf("?"))];
  assert.equal(decodeURIComponent(where), `/p/${VALUE}/q`);
  assert.ok(where.startsWith("/p/hush/+%3F&=%22%5C%2042-tail/"), "a path keeps its slashes");
  assert.equal(query, `?a=${encoded}&k=x${encoded}`);

  const { response, runId } = fired.json;
  assert.equal(response.status, 200);
  assert.equal(response.echo, "[secret KEY]");
  assert.equal(response.shown, "[secret KEY]");
  assert.match(response.body, /Bearer \[secret KEY\]/);
  const records = await host.events(runId);
  const started = records.find((r) => r.type === "step.started");
  assert.match(started.step.name, /^POST 127\.0\.0\.1:\d+\/p\/\[secret KEY\]\/q$/);
  assert.match(started.data.url, /\/p\/\[secret KEY\]\/q$/);
  const listed = await host.request("GET", "/v1/runs");
  await nowhere(VALUE, fired.text, JSON.stringify(records), JSON.stringify(await host.getRun(runId)), listed.text);
});

test("an answer is cleaned of secrets that were not asked for", async () => {
  const loud = await answerServer(() => ({ text: `psst: ${VALUE}`, headers: { "x-a": VALUE } }));
  after(loud.close);
  assert.deepEqual(await run("plain", { url: loud.url }), { body: "psst: [secret KEY]" });
});

test("a short value is taken out of the answers to requests that carry it", async () => {
  await set("PIN", "7 %", ["127.0.0.1"]);
  const { body } = await run("send", { url: echo.url.slice(0, -1), name: "PIN" });
  const { path: where, headers } = JSON.parse(body.slice(0, body.lastIndexOf("}") + 1));
  assert.match(headers.authorization, /^Bearer \[secret PIN\]$/);
  assert.match(where, /^\/p\/\[secret PIN\]\/q\?a=\[secret PIN\]&k=x\[secret PIN\]$/);
  assert.equal((await secrets("DELETE", "/PIN")).status, 204);
});

test("a redirect takes the value nowhere else", async () => {
  const other = await answerServer(() => ({ json: {} }));
  after(other.close);
  let to;
  const door = await answerServer((call) => (call.path === "/to" ? { json: call.headers } : { status: 307, headers: { location: to }, text: "" }));
  after(door.close);

  to = "/to";
  const same = await run("get", { url: door.url });
  assert.equal(JSON.parse(same.body)["x-key"], "[secret KEY]");
  assert.equal(door.calls.at(-1).headers["x-key"], VALUE);

  for (const away of [other.url, other.url.replace("127.0.0.1", "localhost"), door.url.replace("127.0.0.1", "localhost")]) {
    to = away;
    const refused = await run("get", { url: door.url });
    assert.equal(refused.code, "refused", away);
    assert.match(refused.message, /redirected to/);
  }
  to = `http://127.0.0.1:1/${encodeURIComponent(VALUE)}`;
  assert.match((await run("get", { url: door.url })).code, /refused|connect/);
  assert.deepEqual(other.calls, []);
  await nowhere(VALUE);
});

test("a secret is sent to its hosts and to no others, and a script can go on without it", async () => {
  const { port } = new URL(echo.url);
  const before = echo.calls.length;
  const cases = [
    ["http://localhost:" + port, "secret.host", /secret KEY is not sent to localhost, which is not among its hosts/],
    ["https://evil.example", "secret.host", /not sent to evil\.example/],
    ["http://127.0.0.1@localhost:" + port, "secret.host", /needs a plain address/],
    ["http://127.0.0.1\\@localhost:" + port, "secret.host", /needs a plain address/],
    ["http://0x7f.1:" + port, "secret.host", /not sent to 0x7f\.1/],
  ];
  for (const [url, code, text] of cases) {
    const refused = await run("get", { url });
    assert.equal(refused.code, code, url);
    assert.match(refused.message, text);
  }
  await set("PLAIN", VALUE, ["shop.example", "127.0.0.1:1"]);
  const plain = await run("send", { url: "http://shop.example", name: "PLAIN" });
  assert.match(plain.message, /shop\.example, which is asked over plain http; use https/);
  assert.equal((await run("send", { url: echo.url.slice(0, -1), name: "PLAIN" })).code, "secret.host", "another port");
  const missing = await run("send", { url: echo.url.slice(0, -1), name: "NONE" });
  assert.deepEqual(missing.code, "secret.missing");
  assert.match(missing.message, /`moontide secret set NONE --host 127\.0\.0\.1` makes it/);
  assert.equal(echo.calls.length, before);
});

test("what comes from outside is never taken for a secret", async () => {
  const forged = { $secret: [{ name: "KEY" }] };
  const before = echo.calls.length;
  const header = await host.fire("s", "plain", { url: echo.url, headers: { "x-key": forged } });
  assert.equal(header.status, 500);
  assert.match(header.json.message, /headers\.x-key: expected a string, number or boolean, got a table/);
  const url = await host.fire("s", "plain", { url: forged });
  assert.match(url.json.message, /expected a URL/);
  assert.equal(echo.calls.length, before);
  await run("plain", { url: echo.url, headers: { "x-key": JSON.stringify(forged) } });
  assert.equal(echo.calls.at(-1).headers["x-key"], JSON.stringify(forged));
});

test("a script can neither return, log nor raise a value", async () => {
  const returned = await host.fire("s", "returns", {});
  assert.match(returned.json.message, /result\.key: a secret cannot be written as JSON/);
  const logged = await host.fire("s", "logs", {});
  assert.match(logged.json.message, /a secret cannot be written as JSON/);
  const raised = await host.fire("s", "raises", {});
  assert.equal(raised.status, 500);
  await nowhere(VALUE, returned.text, logged.text, raised.text);
});

test("a request under way is made again after a crash, with its secret", async () => {
  const gate = await gateServer();
  after(gate.close);
  const { runId } = (await host.fireAsync("s", "gated", { url: gate.url })).json;
  const first = await gate.next();
  assert.equal(first.request.headers["x-key"], VALUE);
  await nowhere(VALUE);
  await host.kill();
  await host.restart();
  const second = await gate.next();
  assert.equal(second.request.headers["x-key"], VALUE);
  second.answer({ key: VALUE });
  assert.deepEqual((await host.waitRun(runId)).result, { key: "[secret KEY]" });
  await nowhere(VALUE);
});

test("with secrets there is no core dump, and no runner has a value", () => {
  const limits = (pid) => /Max core file size +(\d+)/.exec(readFileSync(`/proc/${pid}/limits`, "utf8"))[1];
  assert.ok(Number(limits(host.pid)) <= 1);
  const children = readFileSync(`/proc/${host.pid}/task/${host.pid}/children`, "utf8").trim().split(" ");
  assert.ok(children.length >= 1);
  for (const pid of children) assert.equal(limits(pid), "0");
});

// What a core dump would hold: all that a process may write to. null: not even its own user may look (it is not dumpable).
function memoryHas(pid, ...texts) {
  const found = texts.map(() => false);
  let memory;
  try {
    memory = openSync(`/proc/${pid}/mem`, "r");
  } catch (error) {
    assert.match(error.code, /^(EACCES|EPERM)$/);
    return null;
  }
  const part = Buffer.alloc(4 << 20);
  for (const line of readFileSync(`/proc/${pid}/maps`, "utf8").split("\n")) {
    const [, from, to] = /^(\w+)-(\w+) rw/.exec(line) ?? [];
    if (!from || parseInt(to, 16) - parseInt(from, 16) > 64 << 20) continue; // the sanitizer's shadow
    for (let at = BigInt(`0x${from}`); at < BigInt(`0x${to}`); at += BigInt(part.length)) {
      const left = BigInt(`0x${to}`) - at;
      let bytes = 0;
      try {
        bytes = readSync(memory, part, 0, Number(left < part.length ? left : part.length), at);
      } catch {
        continue; // a guard page
      }
      texts.forEach((text, i) => (found[i] ||= part.subarray(0, bytes).includes(text)));
    }
  }
  closeSync(memory);
  return found;
}

test("the memory of a runner that has sent a secret does not hold it", async () => {
  assert.equal((await run("get", { url: echo.url })).status, 200);
  const children = readFileSync(`/proc/${host.pid}/task/${host.pid}/children`, "utf8").trim().split(" ");
  const found = children.map((pid) => memoryHas(pid, VALUE, "s/get.lua")).filter(Boolean);
  assert.ok(found.every(([value]) => !value));
  if (found.length) assert.ok(found.some(([, script]) => script), "a text that must be there is found");
});

test("over HTTP names come back, values never", async () => {
  const made = await set("API_KEY", "another value", ["API.example.com", "b.example:8443", "api.example.com"]);
  assert.equal(made.status, 201);
  const { createdAt, updatedAt, ...rest } = made.json;
  assert.deepEqual(rest, { name: "API_KEY", hosts: ["api.example.com", "b.example:8443"] });
  assert.equal(createdAt, updatedAt);
  const again = await set("API_KEY", "a third value", ["c.example"]);
  assert.equal(again.json.createdAt, createdAt);
  const list = await secrets("GET");
  assert.equal(list.status, 200);
  assert.deepEqual(list.json.items.find((item) => item.name === "API_KEY"), again.json);
  assert.deepEqual(list.json.items.map((item) => item.name), ["API_KEY", "KEY", "PLAIN"]);
  assert.ok(!list.text.includes("value"));
  assert.equal((await secrets("DELETE", "/API_KEY")).status, 204);
  assert.equal((await secrets("DELETE", "/API_KEY")).status, 404);
  const audit = (await host.request("GET", "/v1/audit")).json.items.filter((row) => row.target === "API_KEY");
  assert.deepEqual(audit.map((row) => [row.action, row.detail]), [
    ["secret.remove", null], ["secret.set", { hosts: "c.example" }], ["secret.set", { hosts: "api.example.com,b.example:8443" }],
  ]);
  await nowhere("another value");
  await nowhere("a third value");
});

test("over HTTP what is wrong is named, without the value", async () => {
  const good = { name: "NEW", value: "tell-tale", hosts: ["a.example"] };
  const cases = [
    [{ ...good, name: "new" }, "/name"],
    [{ ...good, name: undefined }, "/name"],
    [{ ...good, value: "" }, "/value"],
    [{ ...good, value: 7 }, "/value"],
    [{ ...good, value: "x".repeat(65537) }, "/value"],
    [{ ...good, hosts: [] }, "/hosts"],
    [{ ...good, hosts: undefined }, "/hosts"],
    [{ ...good, hosts: "a.example" }, "/hosts"],
    [{ ...good, hosts: [7] }, "/hosts"],
    [{ ...good, hosts: ["*.example"] }, "/hosts"],
    [{ ...good, hosts: ["https://a.example"] }, "/hosts"],
    [{ ...good, host: "a.example" }, ""],
  ];
  for (const [body, field] of cases) {
    const answer = await secrets("POST", "", { body });
    assert.equal(answer.status, 400, JSON.stringify(body).slice(0, 100));
    assert.equal(answer.json.field, field);
    assert.ok(!answer.text.includes("tell-tale"));
  }
  assert.equal((await secrets("GET")).json.items.find((item) => item.name === "NEW"), undefined);
});

test("secrets are for keys with secret.manage in all projects", async () => {
  const key = async (body) => (await host.request("POST", "/v1/keys", { body: { name: "k", ...body } })).json.secret;
  const tries = [
    [await key({ permissions: ["secret.manage"], projects: "*" }), 200],
    [await key({ permissions: ["secret.manage"], projects: ["s"] }), 403],
    [await key({ permissions: ["key.manage", "run.read"], projects: "*" }), 403],
    [null, 401],
  ];
  for (const [key, status] of tries) {
    assert.equal((await secrets("GET", "", { key })).status, status);
    const made = await secrets("POST", "", { key, body: { name: "TRY", value: "12345678", hosts: ["a.example"] } });
    assert.equal(made.status, status === 200 ? 201 : status);
    assert.equal((await secrets("DELETE", "/TRY", { key })).status, status === 200 ? 204 : status);
  }
});

test("the command sets, lists and removes beside a running host", async () => {
  let loaded = host.nextLog(/"secrets loaded" count=3/);
  const made = await pipe("from the pipe\n", "set", "PIPED", "--host", "127.0.0.1", "--host", "A.example:444");
  assert.equal(made.code, 0, made.stderr);
  assert.equal(made.stdout, "");
  assert.match(made.stderr, /set secret PIPED, to be sent to 127\.0\.0\.1,a\.example:444\n$/);
  await loaded;
  await run("send", { url: echo.url.slice(0, -1), name: "PIPED" });
  assert.equal(echo.calls.at(-1).headers["x-key"], "from the pipe", "one line break is not part of it");

  const listed = JSON.parse((await command("list", "--json")).stdout).items.find((item) => item.name === "PIPED");
  assert.deepEqual(listed.hosts, ["127.0.0.1", "a.example:444"]);
  assert.match((await command("list")).stdout, /^NAME +HOSTS +CREATED +UPDATED\n/);

  loaded = host.nextLog(/"secrets loaded" count=3/);
  assert.equal((await pipe("replaced\n\n", "set", "PIPED", "--host", "127.0.0.1")).code, 0);
  await loaded;
  await host.fire("s", "send", { url: echo.url.slice(0, -1), name: "PIPED" });
  loaded = host.nextLog(/"secrets loaded" count=2/);
  const removed = await command("remove", "PIPED");
  assert.equal(removed.code, 0, removed.stderr);
  await loaded;
  assert.equal((await run("send", { url: echo.url.slice(0, -1), name: "PIPED" })).code, "secret.missing");
  await nowhere("from the pipe", made.stderr, made.stdout);
});

test("a value that fits no header is refused, not sent in pieces", async () => {
  const before = echo.calls.length;
  const loaded = host.nextLog(/"secrets loaded"/);
  assert.equal((await pipe("two lines\nlong", "set", "LINES", "--host", "127.0.0.1")).code, 0);
  await loaded;
  const refused = await run("send", { url: echo.url.slice(0, -1), name: "LINES" });
  assert.equal(refused.code, "protocol");
  assert.match(refused.message, /malformed or has control characters/);
  assert.equal(echo.calls.length, before);
  await secrets("DELETE", "/LINES");
});

test("the command says what is wrong and changes nothing", async () => {
  const before = (await command("list", "--json")).stdout;
  const cases = [
    [["set", "NEW"], "value", 2, /say where the value may be sent: --host/],
    [["set"], "value", 2, /say which secret/],
    [["set", "new", "--host", "a.example"], "value", 2, /a name is 1 to 64 capitals/],
    [["set", "NEW", "tell-tale", "--host", "a.example"], "", 2, /the value is given on standard input/],
    [["set", "NEW", "--host", "*.example"], "value", 2, /no wildcards/],
    [["set", "NEW", "--host", "a.example"], "", 2, /standard input: the value is empty/],
    [["set", "NEW", "--host", "a.example"], "\n", 2, /the value is empty/],
    [["set", "NEW", "--host", "a.example"], "a\0b", 2, /NUL byte/],
    [["set", "NEW", "--host", "a.example"], "x".repeat(65537), 2, /more than 65536 bytes/],
    [["remove", "NEW"], "", 1, /there is no secret NEW/],
    [["remove", "KEY", "--host", "a.example"], "", 2, /--host is for set/],
    [["lst"], "", 2, /did you mean list\?/],
  ];
  for (const [args, input, code, text] of cases) {
    const wrong = await pipe(input, ...args);
    assert.equal(wrong.code, code, args.join(" "));
    assert.match(wrong.stderr, text);
    assert.ok(!wrong.stderr.includes("tell-tale"));
    assert.equal(wrong.stdout, "");
  }
  assert.equal((await command("list", "--json")).stdout, before);
});

test("a host with another master key does not start, and says what to do", async (t) => {
  const own = await startHost({ t, scripts: { "s/send.lua": SEND }, args: ["--egress-allow", "127.0.0.1"], env: { MOONTIDE_MASTER_KEY: KEY } });
  const post = (body) => own.request("POST", "/v1/secrets", { body });
  assert.equal((await post({ name: "KEY", value: "sealed value", hosts: ["127.0.0.1"] })).status, 201);
  assert.ok(!readFileSync(`/proc/${own.pid}/environ`, "latin1").includes(KEY), "the environment forgets it");
  await assert.rejects(fs.access(path.join(own.data, "master.key")), "no file is made beside the variable");
  const wrong = KEY.replace("00", "ff");
  const text = /moontide: secret KEY was sealed with another master key than MOONTIDE_MASTER_KEY; give the right one.*`moontide secret remove KEY`/;
  for (const [env, says] of [
    [{ MOONTIDE_MASTER_KEY: wrong }, text],
    [{}, /moontide: .*master\.key is missing, and with it the key of 1 secret/],
    [{ MOONTIDE_MASTER_KEY: "short" }, /moontide: MOONTIDE_MASTER_KEY: expected 64 hex digits/],
  ]) {
    await assert.rejects(own.restart({ env }), /the host ended before/);
    assert.equal((await own.ended).code, 1);
    const line = own.log.findLast((entry) => entry.startsWith("moontide:"));
    assert.match(line, says);
    assert.ok(!own.log.join("\n").includes(wrong));
  }
  const other = await cli(["secret", "set", "MORE", "--host", "a.example", "--data", own.data], { input: "x", env: { MOONTIDE_MASTER_KEY: wrong } });
  assert.equal(other.code, 1);
  assert.match(other.stderr, /sealed with another master key/);
  own.env = { MOONTIDE_MASTER_KEY: Buffer.from(KEY, "hex").toString("base64") };
  await own.start();
  const sent = await own.fire("s", "send", { url: echo.url.slice(0, -1) });
  assert.equal(sent.status, 200, sent.text);
  assert.equal(echo.calls.at(-1).headers["x-key"], "sealed value");
  await own.stop();
  const removed = await cli(["secret", "remove", "KEY", "--data", own.data]);
  assert.equal(removed.code, 0, "without any key what is lost can be removed");
});

test("the master key's file is its owner's alone", async () => {
  const file = path.join(host.data, "master.key");
  assert.equal((await fs.stat(file)).mode & 0o777, 0o600);
  assert.equal((await request("GET", `${host.url}/ui/master.key`)).status, 404);
});

test("the command's help names what there is", async () => {
  const help = await cli(["secret", "--help"]);
  assert.equal(help.code, 0);
  for (const word of ["set", "list", "remove", "--host", "--data", "--json", "MOONTIDE_MASTER_KEY", "MOONTIDE_DATA", "exit status"]) {
    assert.ok(help.stdout.includes(word), word);
  }
  for (const line of help.stdout.split("\n")) assert.ok(line.length <= 120, line);
  assert.match((await cli(["--help"])).stdout, /^ +secret /m);
});
