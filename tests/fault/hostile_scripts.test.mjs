// SPDX-License-Identifier: MIT
// Every script of tests/fault/scripts tries to break something; its header says what, and how exactly it must end:
//
//   -- what: swallows the kill with pcall
//   -- expect: failed limit.cpu "part of the message"     completed JSON | failed CODE "…" | timed_out CODE "…" | dropped "…" | refused "…"
//   -- body: {"n":1}                                      what it is fired with
//   -- logged: ["first", "second"]                        the messages of its log records
//   -- runner: dies                                       (or `may die`); else the same process must go on
//
// A line that ends in `-- HERE` is where it must have stood. `--[[repeat N]]text--[[end]]` is that text N times; with `number` each
// `#` in it is counted. After each script a canary on the same runner must answer soon, and a run that looks at all that scripts share
// must see what it saw before. HOSTILE=name runs those whose name has it.
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { after, test } from "node:test";
import assert from "node:assert/strict";
import { startHost } from "../api/host.mjs";

const FOLDER = path.join(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), "scripts");
const ANSWER_MS = Number(process.env.ANSWER_MS ?? 5000); // of the canary; its median is in the diagnostics

// ---- the scripts

function expand(text) {
  return text.replace(/--\[\[(repeat|number) (\d+)\]\]([^]*?)--\[\[end\]\]/g, (_, how, n, part) =>
    Array.from({ length: Number(n) }, (_, i) => (how === "number" ? part.replaceAll("#", String(i + 1)) : part)).join(""),
  );
}

function readScript(name) {
  const text = readFileSync(path.join(FOLDER, `${name}.lua`), "utf8");
  const header = Object.fromEntries([...text.matchAll(/^-- (what|expect|body|logged|runner): (.*)$/gm)].map(([, key, value]) => [key, value]));
  const [, end, rest = ""] = /^(\w+) ?(.*)$/.exec(header.expect);
  const [, code, message] = /^([\w.]*) ?(".*")?$/.exec(end === "completed" ? "" : rest);
  const lines = expand(text).split("\n");
  const here = lines.findIndex((line) => /-- HERE$/.test(line)) + 1;
  return {
    name, end, code, here, what: header.what,
    message: message ? JSON.parse(message) : "",
    result: end === "completed" ? JSON.parse(rest) : undefined,
    body: header.body ? JSON.parse(header.body) : {},
    logged: header.logged ? JSON.parse(header.logged) : undefined,
    runner: header.runner ?? "lives",
    source: lines.join("\n"),
  };
}

const scripts = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".lua") && file.includes(process.env.HOSTILE ?? ""))
  .map((file) => readScript(file.slice(0, -4)));

// ---- the host, its canary, and what a clean state looks like

const canary = `return trigger {
  run = function(event, flow)
    local sum = 0
    for i = 1, event.body.n do sum = sum + i end
    return { sum = sum, upper = ("canary"):upper(), runId = event.runId }
  end,
}`;

// Names and types of all that can be reached, and what a function of each kind answers.
const clean = `
local json, flow, http, template = require "json", require "flow", require "http", require "template"
return trigger {
  run = function(event)
    local seen, lines = {}, {}
    local function walk(t, where)
      if seen[t] then return end
      seen[t] = true
      lines[#lines + 1] = where .. " metatable " .. type(getmetatable(t))
      for k, v in pairs(t) do
        lines[#lines + 1] = where .. "." .. tostring(k) .. " " .. type(v)
        if type(v) == "table" then walk(v, where .. "." .. tostring(k)) end
      end
    end
    walk(_G, "_G")
    for name, module in pairs { json = json, flow = flow, http = http, template = template } do walk(module, name) end
    local order = {}
    for k in pairs { 3, 1, x = 1, b = 2, [1.5] = 3, [-1] = 4 } do order[#order + 1] = k end
    local list = { 3, 1, 2 }
    table.sort(list)
    return {
      lines = lines, order = order, list = list,
      strings = { ("x"):upper(), ("ab"):rep(2), ("%d"):format(7), ("a1"):match "%d", (("aa"):gsub("a", "b")), ("abc"):sub(2), tostring(nil) },
      values = { tostring {}, tostring(print), tostring(json.null), type(json.null), math.pi, math.type(1), #"x", select("#", 1, 2), _VERSION },
      texts = { json.encode { a = { 1, json.null } }, json.encode(json.decode "[1,[],{}]"), template.render("{{a}}", { a = "b" }) },
      meta = { getmetatable "", getmetatable(event), (pcall(function() event.x = 1 end)), rawget(event, "poison") == nil, poison == nil },
      chunk = { load "return 1"(), (pcall(load, "x", 1, 2)), pcall(error, "x", 0) },
      time = { os.clock(), os.date("!%Y", 0), os.time { year = 1970, month = 1, day = 1, hour = 0 } },
    }
  end,
}`;

const host = await startHost({
  args: ["--runners", "1", "--log", "info"],
  scripts: {
    "canary/canary.lua": canary,
    "canary/clean.lua": clean,
    "canary/warm.lua": `return trigger { run = function() return (pcall(require("http").get, "http://127.0.0.1:1/")) end }`,
    ...Object.fromEntries(readdirSync(path.join(FOLDER, "lib")).map((f) => [`lib/${f}`, readFileSync(path.join(FOLDER, "lib", f), "utf8")])),
    ...Object.fromEntries(scripts.filter((s) => s.end !== "refused").map((s) => [`hostile/${s.name}.lua`, s.source])),
  },
});
after(() => host.done());
let raw = host.log.join("\n") + "\n";
host.child.stderr.on("data", (part) => (raw += part));

const children = () => readFileSync(`/proc/${host.pid}/task/${host.pid}/children`, "utf8").trim().split(" ");
const descriptors = () => readdirSync(`/proc/${host.pid}/fd`).length;
const times = [];

async function sing(n) {
  const start = performance.now();
  const answer = await host.fire("canary", "canary", { n }, { signal: AbortSignal.timeout(ANSWER_MS) });
  times.push(performance.now() - start);
  assert.equal(answer.status, 200, `the canary: ${answer.text}`);
  assert.deepEqual([answer.json.response.sum, answer.json.response.upper], [(n * (n + 1)) / 2, "CANARY"]);
}

async function look() {
  const answer = await host.fire("canary", "clean", {});
  assert.equal(answer.status, 200, `the clean run: ${answer.text}`);
  return answer.json.response;
}

await sing(1);
await host.fire("canary", "warm", {}); // the HTTP client's own descriptors come with its first use
const pristine = await look();
const atStart = { children: children().length, descriptors: descriptors() };

// ---- how a script ends

function checkPlace(at, script) {
  if (script.here) assert.equal(at, `hostile/${script.name}.lua:${script.here}`);
  else if (at || script.code.startsWith("limit.")) assert.match(at ?? "nowhere", new RegExp(`^(hostile/${script.name}|lib/\\w+)\\.lua:\\d+$`));
}

async function runAndCheck(script) {
  const [answer] = await Promise.all([host.fire("hostile", script.name, script.body), sing(10)]);
  if (script.end === "dropped") {
    assert.equal(answer.status, 400, answer.text);
    assert.ok(answer.json.message.includes(script.message), answer.text);
    return;
  }
  assert.ok(answer.json?.runId, `${answer.status} ${answer.text}`);
  const run = await host.getRun(answer.json.runId);
  const shown = JSON.stringify({ status: run.status, result: run.result, error: run.error })?.slice(0, 2000);
  assert.equal(run.status, script.end, shown);
  if (script.end === "completed") {
    assert.deepEqual(run.result, script.result);
  } else {
    assert.equal(run.error.code, script.code, shown);
    assert.ok(run.error.message.includes(script.message), shown);
    assert.ok(Buffer.byteLength(run.error.message) <= 4096, "a bounded message");
    checkPlace(run.error.at, script);
  }
  if (script.logged) {
    const records = await host.events(answer.json.runId);
    assert.deepEqual(records.filter((r) => r.type === "log").map((r) => r.data.message), script.logged);
  }
}

async function refuseAndCheck(script) {
  const refused = host.nextLog(new RegExp(`error (hostile/${script.name}|lib/\\w+)\\.lua:`), 20_000);
  await host.write(`hostile/${script.name}.lua`, script.source);
  await sing(10);
  await refused;
  const { json } = await host.request("GET", `/v1/triggers/hostile/${script.name}`);
  const why = json.error?.message ?? json.error ?? JSON.stringify(json);
  assert.match(why, /^(hostile|lib)\/\w+\.lua:\d+: /);
  if (script.here) assert.ok(why.startsWith(`hostile/${script.name}.lua:${script.here}: `), why);
  assert.ok(why.includes(script.message), why);
  assert.notEqual((await host.fire("hostile", script.name, {})).status, 200, "what was refused does not run");
}

for (const script of scripts) {
  test(`${script.name}: ${script.what}`, async () => {
    const before = children();
    await (script.end === "refused" ? refuseAndCheck(script) : runAndCheck(script));
    await sing(100);
    assert.deepEqual(await look(), pristine, "the next run is clean");
    const now = children();
    assert.equal(now.length, atStart.children);
    if (script.runner !== "may die") assert.equal(now[0] !== before[0], script.runner === "dies", "the runner that goes on");
  });
}

// ---- what stays

test("no line of the log was forged", async () => {
  await sing(1);
  const lines = raw.split("\n").filter(Boolean);
  for (const line of lines) {
    // eslint-disable-next-line no-control-regex
    assert.doesNotMatch(line, /[\x00-\x1f\x7f-\x9f]/, JSON.stringify(line));
    assert.match(line, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z? (debug|info|warn|error)\b/, JSON.stringify(line));
    assert.doesNotMatch(line.replace(/"(?:[^"\\]|\\.)*"/g, '""'), /run=run_(0\b|forged)|code=ok/, `a forged field: ${line}`);
  }
});

test("nothing leaked, and the host ends well", async (t) => {
  for (let i = 0; i < 100 && descriptors() > atStart.descriptors; i++) await sing(1); // the last connections are being closed
  assert.ok(descriptors() <= atStart.descriptors, `${descriptors()} descriptors, ${atStart.descriptors} at the start`);
  assert.equal(children().length, atStart.children);
  times.sort((a, b) => a - b);
  t.diagnostic(`${scripts.length} scripts; canary: median ${times[times.length >> 1].toFixed(1)} ms, worst ${times.at(-1).toFixed(0)} ms`);
  await host.stop();
});
