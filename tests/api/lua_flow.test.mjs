// SPDX-License-Identifier: MIT
// What scripts can do, through the real host and runner: flow, http, json, template, modules; and what of it is in the journal.
import { after, test } from "node:test";
import assert from "node:assert/strict";
import { startHost } from "./host.mjs";
import { answerServer, gateServer } from "./servers.mjs";

const gate = await gateServer();
const shop = await answerServer(({ path, headers }, n) => {
  if (path.startsWith("/flaky")) return n % 3 ? { status: 503, text: "busy", headers: { "retry-after": "0" } } : { json: { n } };
  if (path.startsWith("/gone")) return { status: 404, json: { no: true } };
  if (path.startsWith("/text")) return { text: "plain ü \u{1F319}", headers: { "content-type": "text/plain", "x-twice": "b" } };
  return { json: { path, type: headers["content-type"] ?? null } };
});
const script = (body, more = "") => `
local flow, http, json, template = require "flow", require "http", require "json", require "template"
return trigger {
  ${more}
  run = function(event)
    local body = event.body or {}
${body}
  end,
}`;
const host = await startHost({
  args: ["--egress-allow", `${gate.address},${shop.address}`],
  scripts: {
    "f/steps.lua": script(`
    local a = flow.step("first", function() return 2 end)
    local b = flow.step("second", function() return a * 21, "more" end)
    return { a, b, select("#", flow.step("none", function() end)) }`),
    "f/log.lua": script(`
    flow.log("plain")
    flow.log("with data", { n = 1, list = { 1, 2 }, none = json.null })
    flow.emit("progress", { percent = 50 })
    flow.emit("bare")`),
    "f/retry.lua": script(`
    local tries = 0
    return flow.step("shaky", function()
      tries = tries + 1
      if tries < 3 then error { code = "tide.out", message = "try " .. tries } end
      return tries
    end, { retry = { times = 5, first = "5ms", on = { "tide.out" } } })`),
    "f/timeout.lua": script(`
    local ok, err = pcall(flow.step, "slow", function() flow.sleep "1h" end, { timeout = "30ms" })
    return { ok, err.code, err.message }`),
    "f/all.lua": script(`
    local answers = flow.all {
      function() return http.get(body.url .. "one"):json().n end,
      function() return http.get(body.url .. "two"):json().n end,
      function() return "three" end,
    }
    return answers`),
    "f/all_fails.lua": script(`
    flow.all {
      function() return http.get(body.url .. "held"):json() end,
      function() flow.fail("one is enough", "app.one") end,
    }`),
    "f/race.lua": script(`
    return flow.race {
      function() flow.sleep "1h" return "late" end,
      function() return http.get(body.url .. "first"):json().n end,
    }`),
    "f/fail.lua": script(`    pcall(function() flow.fail("caught?", "app.bad") end)\n    return "not caught"`),
    "f/error_table.lua": script(`    error { code = "app.table", message = "a table" }`),
    "f/sleep_until.lua": script(`
    local before = os.time()
    flow.sleep_until(os.time() + 1)
    return os.time() - before`),
    "f/long_sleep.lua": script(`
    flow.log("before")
    flow.sleep "5200ms"
    flow.log("after")
    return "woke"`, "wait = false,"),
    "f/calls.lua": script(`
    local out = {}
    out.json = http.post(body.url .. "a b/../x?x=1", { json = { n = 1 }, query = { q = "ü&", list = { 1, 2 } } }):json()
    local text = http.get(body.url .. "text")
    out.text = { text.status, text.ok, text.body, text.headers["content-type"], text.headers["x-twice"] }
    local gone = http.get(body.url .. "gone")
    out.gone = { gone.status, gone.ok, gone:json().no }
    out.put = http.request("PUT", body.url .. "raw", { body = "raw", headers = { ["X-Own"] = "v", ["Content-Type"] = "text/x" } }):json()
    return out`.replace("a b/../x?x=1", "a%20b?x=1")),
    "f/flaky.lua": script(`
    local answer = http.get(body.url .. "flaky", { retry = { times = 5, first = "1ms" } })
    return { answer.status, answer:json().n }`),
    "f/get.lua": script(`
    local ok, answer = pcall(http.get, body.url, body.options)
    if not ok then return { code = answer.code, message = answer.message } end
    return { status = answer.status }`),
    "f/uncaught.lua": script(`    return http.get(body.url)`),
    "f/json.lua": script(`
    return {
      encoded = json.encode { b = 1, a = { 1, 2.5, json.null }, t = true, s = "ü\\n" },
      decoded = json.decode('{"x":[1,null,{"y":"z"}]}'),
      null = json.decode("null") == json.null,
      bad = { select(2, json.decode("{")) },
    }`),
    "f/template.lua": script(`
    return template.render("{{name}} {{missing}}|{{n | default:\\"none\\"}} {{#each list}}{{@number}}={{this}} {{/each}}{{data | json}}",
      { name = "Ada", list = { "a", "b" }, data = { x = 1 } })`),
    "f/instruction.lua": `
return trigger {
  instruction = function(event) return "Help " .. event.body.name end,
  run = function(event) return event.instruction end,
}`,
    "f/pure.lua": script(`
    local keys = {}
    for key in pairs { z = 1, a = 2, [3] = 3, [1] = 1, m = 4 } do keys[#keys + 1] = tostring(key) end
    local list = { { 2, "a" }, { 1, "b" }, { 2, "c" }, { 1, "d" } }
    table.sort(list, function(x, y) return x[1] < y[1] end)
    local order = {}
    for i, pair in ipairs(list) do order[i] = pair[2] end
    return { keys = keys, order = order, same = os.time() == os.time(), address = tostring({}) == tostring({}),
      date = os.date("!%Y-%m-%dT%H:%M:%SZ"), at = event.at }`),
    "f/globals.lua": `
return trigger {
  run = function(event)
    local names = {}
    for name in pairs(_G) do names[#names + 1] = name end
    for _, name in ipairs { "io", "package", "debug", "dofile", "loadfile", "collectgarbage" } do
      if _G[name] ~= nil then error(name .. " is there") end
    end
    if os.execute or os.getenv or os.exit or os.remove or string.dump then error "os" end
    return names
  end,
}`,
    "f/readonly.lua": script(`    event.body = 1`),
    "f/modules.lua": `
local prices = require "lib.prices"
return trigger { run = function(event) return prices.of(event.body.item) end }`,
    "f/lib/prices.lua": `local M = {}\nlocal list = { tea = 3 }\nfunction M.of(item) return list[item] or error("no price for " .. item) end\nreturn M`,
    "f/agent_like.lua": `return trigger { run = function(event, flow) return type(flow.step) end }`,
  },
});
after(async () => {
  await host.done();
  gate.close();
  shop.close();
});

const fire = async (key, body) => {
  const answer = await host.fire("f", key, body);
  assert.equal(answer.status, 200, answer.text);
  return answer.json;
};
const result = async (key, body) => (await fire(key, body)).response;
const failure = async (key, body) => {
  const answer = await host.fire("f", key, body);
  assert.equal(answer.status, 500, answer.text);
  return answer.json.error;
};
const brief = (records) => records.map(({ type, step }) => (step ? `${type} ${step.n} ${step.kind ?? ""} ${step.name ?? ""} ${step.attempt}` : type));

// ---- flow

test("steps return what their functions return and are recorded with it", async () => {
  const { runId, response } = await fire("steps", {});
  assert.deepEqual(response, [2, 42, 0]);
  const records = await host.events(runId);
  assert.deepEqual(brief(records), [
    "run.accepted", "run.started", "step.started 1 step first 1", "step.completed 1 step first 1", "step.started 2 step second 1",
    "step.completed 2 step second 1", "step.started 3 step none 1", "step.completed 3 step none 1", "run.completed",
  ]);
  assert.equal(records[5].data, 42);
});

test("logs and progress are records and no steps", async () => {
  const { runId } = await fire("log", {});
  const records = (await host.events(runId)).slice(2, -1);
  assert.deepEqual(records.map(({ type, data }) => [type, data]), [
    ["log", { message: "plain" }],
    ["log", { message: "with data", data: { n: 1, list: [1, 2], none: null } }],
    ["step.progress", { name: "progress", data: { percent: 50 } }],
    ["step.progress", { name: "bare" }],
  ]);
  assert.equal((await host.getRun(runId)).steps, 0);
});

test("a step is tried again as its plan says", async () => {
  const { runId, response } = await fire("retry", {});
  assert.equal(response, 3);
  const records = await host.events(runId);
  const shaky = records.filter(({ step }) => step?.name === "shaky").map(({ type, step }) => `${type} ${step.attempt}`);
  assert.deepEqual(shaky, ["step.started 1", "step.retrying 1", "step.started 2", "step.retrying 2", "step.started 3", "step.completed 3"]);
  const { data } = records.find(({ type }) => type === "step.retrying");
  assert.deepEqual([data.code, data.message], ["tide.out", "try 1"]);
});

test("a step that takes too long fails with timeout", async () => {
  const [ok, code, message] = await result("timeout", {});
  assert.deepEqual([ok, code], [false, "timeout"]);
  assert.match(message, /slow.*30ms/);
});

test("flow.all waits for all at once, results in order", async () => {
  const [one, two] = [gate.next(), gate.next()];
  const fired = result("all", { url: gate.url });
  const calls = [await one, await two]; // both are under way
  calls.find(({ request }) => request.url === "/two").answer({ n: 2 });
  calls.find(({ request }) => request.url === "/one").answer({ n: 1 });
  assert.deepEqual(await fired, [1, 2, "three"]);
});

test("flow.all gives up the others when one fails", async () => {
  const error = await failure("all_fails", { url: gate.url });
  assert.deepEqual([error.code, error.message], ["app.one", "one is enough"]);
  assert.match(error.at, /^f\/all_fails\.lua:\d+$/);
});

test("flow.race returns the first and cancels the rest", async () => {
  const call = gate.next();
  const fired = fire("race", { url: gate.url });
  (await call).answer({ n: "won" });
  const { runId, response } = await fired;
  assert.equal(response, "won");
  const types = (await host.events(runId)).map(({ type, step }) => `${type} ${step?.kind ?? ""}`.trim());
  assert.ok(types.includes("step.failed sleep"), types.join());
});

test("flow.fail ends the run with its code and line and is not caught", async () => {
  const error = await failure("fail", {});
  assert.deepEqual([error.code, error.message], ["app.bad", "caught?"]);
  assert.match(error.at, /^f\/fail\.lua:\d+$/);
});

test("an error table's code and message are the run's", async () => {
  const error = await failure("error_table", {});
  assert.deepEqual([error.code, error.message], ["app.table", "a table"]);
});

test("time stands still but for sleeps", async () => {
  assert.ok([1, 2].includes(await result("sleep_until", {})));
});

test("a run that sleeps long is parked, and wakes", async () => {
  const { runId } = (await host.fire("f", "long_sleep", {})).json;
  const types = [];
  for await (const { json } of host.stream(runId)) {
    types.push(json.type);
    if (json.type === "run.waiting") {
      assert.equal((await host.getRun(runId)).status, "waiting");
      assert.match(json.data.until, /^\d{4}-/);
    }
  }
  assert.deepEqual(types, [
    "run.accepted", "run.started", "log", "step.started", "run.waiting", "run.resumed", "step.completed", "log", "run.completed",
  ]);
  const run = await host.getRun(runId);
  assert.deepEqual([run.status, run.result], ["completed", "woke"]);
  assert.ok(Date.parse(run.finishedAt) - Date.parse(run.startedAt) >= 5200);
});

// ---- http

test("calls carry method, address, query, headers, body and an idempotency key", async () => {
  shop.calls.length = 0;
  const { runId, response } = await fire("calls", { url: shop.url });
  assert.deepEqual(response, {
    json: { path: "/a%20b?x=1&list=1&list=2&q=%C3%BC%26", type: "application/json" },
    text: [200, true, "plain ü \u{1F319}", "text/plain", "b"],
    gone: [404, false, true],
    put: { path: "/raw", type: "text/x" },
  });
  const [post, text, gone, put] = shop.calls;
  assert.deepEqual([post.method, post.body], ["POST", '{"n":1}']);
  assert.deepEqual([put.method, put.body, put.headers["x-own"]], ["PUT", "raw", "v"]);
  assert.deepEqual([post, text, gone, put].map(({ headers }) => headers["idempotency-key"]), [1, 2, 3, 4].map((n) => `${runId}-${n}`));
  const records = await host.events(runId);
  assert.deepEqual(records.filter(({ type }) => type === "step.started").map(({ data }) => data.method), ["POST", "GET", "GET", "PUT"]);
  assert.doesNotMatch(JSON.stringify(records.filter(({ type }) => type === "step.started")), /q=|list=/);
});

test("a call is tried again with the same key, as its plan says", async () => {
  shop.calls.length = 0;
  const { runId, response } = await fire("flaky", { url: shop.url });
  assert.equal(response[0], 200);
  assert.equal(new Set(shop.calls.map(({ headers }) => headers["idempotency-key"])).size, 1);
  const retries = (await host.events(runId)).filter(({ type }) => type === "step.retrying");
  assert.equal(retries.length, shop.calls.length - 1);
  assert.equal(retries[0].data.code, "503");
});

test("private, loopback, link-local and metadata addresses are refused", async () => {
  const port = Number(gate.address.split(":")[1]);
  for (const url of [
    `http://127.0.0.1:${port === 9 ? 10 : 9}/`, "http://127.0.0.2/", "http://[::1]:9/", "http://169.254.169.254/latest/meta-data", "http://10.0.0.1/",
    "http://192.168.1.1/", "http://0.0.0.0/", "http://2130706433/", "http://0x7f.1/", "http://[::ffff:127.0.0.1]:9/", "http://localhost:9/",
  ]) {
    const answer = await result("get", { url });
    assert.equal(answer.code, "refused", `${url}: ${JSON.stringify(answer)}`);
    assert.match(answer.message, /egress\.allow|never/);
  }
});

test("a redirect to a refused address is not followed", async () => {
  const away = await answerServer(() => ({ status: 302, headers: { location: "http://127.0.0.1:9/" }, text: "" }));
  const own = await startHost({
    args: ["--egress-allow", away.address],
    scripts: { "f/get.lua": script(`
    local ok, answer = pcall(http.get, body.url)
    return ok and answer.status or answer.code`) },
  });
  try {
    const { json } = await own.fire("f", "get", { url: away.url });
    assert.ok(json.response === "refused" || json.response === 302, JSON.stringify(json));
  } finally {
    await own.done();
    away.close();
  }
});

test("what is no http address, no answer or too slow has its code", async () => {
  const nobody = await answerServer(() => ({}));
  nobody.close();
  for (const url of ["ftp://shop.example/", "shop.example", "file:///etc/passwd", "http:///x"]) {
    const answer = await result("get", { url });
    assert.equal(answer.status, undefined, url);
  }
  const call = gate.next();
  const slow = await result("get", { url: gate.url, options: { timeout: "30ms" } });
  assert.equal(slow.code, "timeout");
  await call;
});

test("a failed call that nobody catches fails the run with its code and line", async () => {
  const error = await failure("uncaught", { url: "http://127.0.0.1:9/" });
  assert.equal(error.code, "refused");
  assert.match(error.at, /^f\/uncaught\.lua:\d+$/);
});

// ---- values

test("json writes sorted keys and reads strictly", async () => {
  assert.deepEqual(await result("json", {}), {
    encoded: '{"a":[1,2.5,null],"b":1,"s":"ü\\n","t":true}',
    decoded: { x: [1, null, { y: "z" }] },
    null: true,
    bad: ["byte 1: expected a name in quotes but found the end", "json.malformed"],
  });
});

test("templates render values, lists and defaults", async () => {
  assert.equal(await result("template", {}), 'Ada |none 1=a 2=b {"x":1}');
});

test("an instruction may be a function", async () => {
  const { runId, response } = await fire("instruction", { name: "Ada" });
  assert.equal(response, "Help Ada");
  assert.equal((await host.getRun(runId)).instruction, "Help Ada");
});

test("tables, sorting, time and addresses are the same in every process", async () => {
  const first = await result("pure", {});
  assert.deepEqual(first.keys, ["1", "3", "a", "m", "z"]);
  assert.deepEqual(first.order, ["b", "d", "a", "c"]);
  assert.equal(first.same, true);
  assert.equal(first.date, first.at.replace(/\.\d+Z$/, "Z"));
});

test("nothing dangerous is in reach", async () => {
  assert.ok((await result("globals", {})).includes("require"));
});

test("the event cannot be changed", async () => {
  assert.match((await failure("readonly", {})).message, /read-only/);
});

test("modules of the project are loaded and their errors have their own line", async () => {
  assert.equal(await result("modules", { item: "tea" }), 3);
  const error = await failure("modules", { item: "moon" });
  assert.match(error.message, /no price for moon/);
  assert.match(error.at, /^f\/lib\/prices\.lua:3$/);
});

test("flow is the second argument of run", async () => {
  assert.equal(await result("agent_like", {}), "function");
});
