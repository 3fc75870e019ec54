// SPDX-License-Identifier: MIT
// window.moontide on a page of another origin than the host's, in Chromium.
import { after, test } from "node:test";
import assert from "node:assert/strict";
import { startHost } from "../api/host.mjs";
import { openPage, startBrowser, startGate, startSite } from "./chromium.mjs";

const shop = await startSite(after); // listed
const stranger = await startSite(after); // not listed
const gate = await startGate(after);
const origins = `origins = { "${shop.origin}" }`;
const host = await startHost({
  args: ["--egress-allow", "127.0.0.1"],
  scripts: {
    "w/hello.lua": `return trigger { id = "hello", widget = true, ${origins}, run = function(event, flow)
      flow.emit("seen", { name = event.body.name })
      return { hello = event.body.name or "nobody", session = event.sessionId } end }`,
    "w/fails.lua": `return trigger { id = "fails", widget = true, ${origins},
      run = function(event, flow) flow.fail("no luck", "app.no") end }`,
    "w/gate.lua": `local http = require "http"
      return trigger { id = "gate", widget = true, ${origins}, run = function(event, flow)
        for n = 1, 5 do flow.emit("before", { n = n }) end
        http.get("http://${gate.address}/")
        for n = 1, 5 do flow.emit("after", { n = n }) end
        return "through" end }`,
    "w/sum.lua": `return trigger { id = "sum", ${origins}, run = function(event) return event.body.a + 1 end }`,
    "w/slow.lua": `return trigger { id = "slow", wait = false, ${origins}, run = function(event, flow) flow.sleep "1h" end }`,
  },
});
after(() => host.done());
const key = await host.newKey("page", "--widget", "--project", "w");
const browser = await startBrowser(after);

// A page that pushes before anything has loaded, with the script behind it.
const withQueue = (commands, { script = `<script async src="${host.url}/ui/widget.js" data-key="${key}"></script>` } = {}) =>
  `<!doctype html><title>shop</title><script>
     window.moontide = window.moontide || [];
     window.seen = { start: [], event: [], end: [], error: [] };
     for (const name of Object.keys(seen)) moontide.push(["on", "run:" + name, (value) => seen[name].push(value)]);
     ${commands}
   </script>${script}`;
const ended = (page, count = 1) => page.waitForFunction((n) => window.seen.end.length + window.seen.error.length >= n, count);
// What is told on the console, once there is that much of it.
async function warnings(page, text, count) {
  const told = () => page.said.warnings.filter((line) => line.includes(text));
  while (told().length < count) await page.waitForEvent("console");
  return told();
}
const runsOf = async (trigger) => (await host.request("GET", `/v1/runs?project=w&trigger=${trigger}&limit=200`)).json.items;

test("commands from before the script has loaded are done, in order, with their variables", async (t) => {
  shop.html = withQueue(`moontide.push(["do", "bot:scenario:run", ["hello", { name: "Ada" }]]);`);
  const page = await openPage(browser, t);
  await page.goto(shop.origin);
  await ended(page);
  const seen = await page.evaluate(() => window.seen);
  assert.deepEqual(seen.error, []);
  assert.deepEqual([seen.end[0].status, seen.end[0].result.hello, seen.end[0].error], ["completed", "Ada", null]);
  assert.equal(seen.start[0].runId, seen.end[0].runId);
  assert.deepEqual(seen.event, await host.events(seen.end[0].runId));
  assert.equal((await host.getRun(seen.end[0].runId)).kind, "widget");
  assert.deepEqual(page.said, { errors: [], warnings: [], consoleErrors: [] });
});

test("a live push goes on with the conversation; the old array leads to the same place", async (t) => {
  shop.html = withQueue(`window.old = moontide; moontide.push(["do", "bot:scenario:run", ["hello"]]);`);
  const page = await openPage(browser, t);
  await page.goto(shop.origin);
  await ended(page);
  await page.evaluate(() => window.old.push(["do", "bot:scenario:run", ["hello", { name: "Grace" }]]));
  await ended(page, 2);
  const [one, two] = await page.evaluate(() => window.seen.end);
  assert.deepEqual([one.result.hello, two.result.hello], ["nobody", "Grace"]);
  assert.equal(one.result.session, two.result.session);
  assert.equal(await page.evaluate(() => window.old.length), 0);
});

test("unknown commands warn and never throw, before and after it has loaded", async (t) => {
  shop.html = withQueue(`
    window.odd = [["do", "bot:scenario:stop", ["x"]], ["do"], ["do", "bot:scenario:run"], ["do", "bot:scenario:run", [7]], ["fly", "away"],
      "text", null, 7, {}, [], ["constructor"], ["set", "colour", "red"], ["on", "toString", () => {}], ["on", "run:end", 7]];
    moontide.push(...odd, ["on", "run:end", () => { throw new Error("a page's own mistake"); }], ["do", "bot:scenario:run", ["hello"]]);`);
  const page = await openPage(browser, t);
  await page.goto(shop.origin);
  await ended(page);
  const count = await page.evaluate(() => window.odd.length);
  assert.equal((await warnings(page, "unknown command", count)).length, count, page.said.warnings.join("\n"));
  await page.evaluate(() => window.moontide.push(...window.odd));
  assert.equal((await warnings(page, "unknown command", 2 * count)).length, 2 * count);
  assert.deepEqual(page.said.errors, []);
});

test("it is a module too, and can be configured by commands", async (t) => {
  const configure = `moontide.push(["set", "url", "${host.url}"], ["set", "key", "${key}"], ["do", "bot:scenario:run", ["hello"]]);`;
  const scripts = {
    "a module script": `<script type="module" src="${host.url}/ui/widget.js"></script>`,
    "an import": `<script type="module">import { createWidget } from "${host.url}/ui/sdk.js"; window.moontide = createWidget({ queue: window.moontide });</script>`,
  };
  for (const [name, script] of Object.entries(scripts)) {
    shop.html = withQueue(configure, { script });
    const page = await openPage(browser, t);
    await page.goto(shop.origin);
    await ended(page);
    assert.equal((await page.evaluate(() => window.seen.end[0]?.status)), "completed", name);
    assert.deepEqual(page.said.errors, [], name);
  }
});

test("run() gives a promise and its records; one that failed resolves, one that was not started rejects", async (t) => {
  shop.html = withQueue(`moontide.push(["do", "bot:scenario:run", ["hello"]]);`);
  const page = await openPage(browser, t);
  await page.goto(shop.origin);
  await ended(page);
  const failed = await page.evaluate(async () => {
    const types = [];
    const end = await window.moontide.run("fails", {}, { onevent: (record) => types.push(record.type) });
    return { end, types };
  });
  assert.equal(failed.end.status, "failed");
  assert.equal(failed.end.error.code, "app.no");
  assert.equal(failed.types.at(-1), "run.failed");
  const wrong = await page.evaluate(() => window.moontide.run("hello", [1]).catch(({ name, status, code, field }) => ({ name, status, code, field })));
  assert.deepEqual(wrong, { name: "MoontideError", status: 400, code: "invalid", field: "/variables" });
  assert.equal(await page.evaluate(() => window.moontide.run("nowhere").catch((error) => error.name)), "TypeError", "a 404 is closed to pages");
});

test("a page that is not listed starts nothing and reads nothing", async (t) => {
  const before = (await runsOf("hello")).length;
  stranger.html = withQueue(`moontide.push(["do", "bot:scenario:run", ["hello", { name: "Mallory" }]]);`);
  const page = await openPage(browser, t);
  await page.goto(stranger.origin);
  await ended(page);
  assert.deepEqual(await page.evaluate(() => [window.seen.start.length, window.seen.end.length, window.seen.error.length]), [0, 0, 1]);
  assert.equal((await runsOf("hello")).length, before);
  assert.deepEqual(page.said.errors, []);
  const { streamUrl } = (await host.fireAsync("w", "hello", {})).json;
  assert.equal(await page.evaluate((url) => fetch(url).then((answer) => answer.status, () => "closed"), host.url + streamUrl), "closed");
  assert.equal(await page.evaluate((url) => new Promise((resolve) => {
    const source = new EventSource(url);
    source.onmessage = () => resolve("a record");
    source.onerror = () => resolve(source.readyState === EventSource.CLOSED ? "closed" : "again");
  }), host.url + streamUrl), "closed");
});

test("streams go on where they stood when the host restarts, nothing lost or doubled", async (t) => {
  shop.html = withQueue(`moontide.push(["do", "bot:scenario:run", ["gate"]]);
    moontide.push(["on", "run:start", ({ streamUrl }) => {
      window.native = [];
      const source = new EventSource("${host.url}" + streamUrl);
      source.onmessage = ({ lastEventId, data }) => {
        const record = JSON.parse(data);
        window.native.push({ id: Number(lastEventId), seq: record.seq, type: record.type });
        if (record.type === "run.completed") { source.close(); window.nativeEnded = true; }
      };
    }]);`);
  const page = await openPage(browser, t);
  await page.goto(shop.origin);
  await gate.called;
  await page.waitForFunction(() => window.native?.some(({ type }) => type === "step.started") && window.seen.event.some(({ type }) => type === "step.started"));
  const before = await page.evaluate(() => window.native.length);
  await host.restart();
  gate.open();
  await ended(page);
  await page.waitForFunction(() => window.nativeEnded);
  const { seen, native } = await page.evaluate(() => ({ seen: window.seen, native: window.native }));
  const records = await host.events(seen.end[0].runId);
  assert.ok(before >= 6 && records.length > before + 5, `${before} of ${records.length} before the restart`);
  assert.deepEqual(native, records.map(({ seq, type }) => ({ id: seq, seq, type })));
  assert.deepEqual(seen.event, records);
  assert.equal(seen.end[0].result, "through");
});

test("the client's calls work from a listed page, with an API key", async (t) => {
  shop.html = "<!doctype html><title>desk</title>";
  const page = await openPage(browser, t);
  await page.goto(shop.origin);
  const got = await page.evaluate(async ({ url, key }) => {
    const { createClient } = await import(`${url}/ui/sdk.js`);
    const client = createClient({ url, key });
    const flow = await client.workflows.run("sum", { inputs: { a: 1 } });
    const fired = await client.triggers.fire("w", "sum", { a: 2 }, { wait: 20, idempotencyKey: "one" });
    const { runId } = await client.triggers.fire("w", "slow");
    const types = [];
    for await (const { type } of client.runs.stream(runId)) {
      types.push(type);
      if (type === "step.started") await client.runs.cancel(runId);
    }
    const rest = [];
    for await (const { seq } of client.runs.stream(runId, { after: 1 })) rest.push(seq);
    const wrong = await createClient({ url, key: "mt_wrong" }).workflows.run("sum").catch(({ status, code }) => ({ status, code }));
    return { flow, fired, types, rest: rest[0], run: await client.runs.get(runId), wrong };
  }, { url: host.url, key: host.key });
  assert.deepEqual([got.flow.ok, got.flow.result, got.fired.status, got.fired.result], [true, 2, "completed", 3]);
  assert.equal(got.types.at(-1), "run.cancelled");
  assert.equal(got.rest, 2);
  assert.equal(got.run.status, "cancelled");
  assert.deepEqual(got.wrong, { status: 401, code: "unauthorized" });
});
