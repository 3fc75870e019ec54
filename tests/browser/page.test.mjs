// SPDX-License-Identifier: MIT
// The web page in Chromium: from the key to the end of a run.
import { after, test } from "node:test";
import assert from "node:assert/strict";
import { startHost } from "../api/host.mjs";
import { openPage, startBrowser, startGate } from "./chromium.mjs";

const gate = await startGate(after);
const host = await startHost({
  args: ["--egress-allow", "127.0.0.1"],
  scripts: {
    "p/agent.lua": `return trigger { name = "Harbour", input = { instruction = { type = "string", max = 2000, optional = true } } }`,
    "p/order.lua": `return trigger { name = "Order", defaults = { amount = 3 },
      input = {
        item = { type = "string", min = 2, max = 20 }, amount = { type = "integer", min = 1, max = 9 },
        size = { type = "string", enum = { "s", "m" } }, gift = { type = "boolean", optional = true }, note = { type = "string", max = 500, optional = true },
        to = { type = "object", optional = true, fields = { name = "string", zip = { type = "string", min = 4, optional = true } } },
        tags = { type = "array", items = "string", max = 3, optional = true },
      },
      filter = { { "item", "~=", "bomb" } },
      run = function(event) return event.body end }`,
    "p/fails.lua": `return trigger {\n  run = function(event, flow)\n    local nothing\n    return nothing.at.all\n  end }`,
    "p/ids.lua": `return trigger { defaults = { least = math.mininteger },
      input = { id = { type = "integer" }, least = { type = "integer" }, one_of = { type = "integer", enum = { 9007199254740993, 9223372036854775807 } },
        more = { type = "array", items = "integer" }, fail = { type = "boolean", optional = true } },
      run = function(event, flow)
        flow.log("seen", event.body)
        if event.body.fail then error("as asked") end
        return event.body
      end }`,
    "p/slow.lua": `local http = require "http"
      return trigger { run = function(event, flow) http.get("http://${gate.address}/") return "through" end }`,
    "p/broken.lua": "return trigger {\n  run = 7,\n}",
  },
});
after(() => host.done());
const browser = await startBrowser(after);

async function enter(t, options) {
  const page = await openPage(browser, t, options);
  await page.goto(host.url);
  await page.getByLabel("API key").fill(host.key);
  await page.getByRole("button", { name: "Open" }).click();
  await page.locator("#triggers button[aria-current]").waitFor();
  return page;
}

async function choose(page, trigger) {
  await page.locator(`[data-trigger="p/${trigger}"]`).click();
  await page.locator("#trigger-facts", { hasText: `p.${trigger}` }).waitFor();
}

const run = (page) => page.getByRole("button", { name: "Run now" }).click();
const state = (page, word) => page.locator("#run-state", { hasText: word }).waitFor();
// The state is known from the record, the result is asked for after it.
const result = async (page) => JSON.parse(await page.locator("#result:not([hidden])").textContent());
const quiet = (page) => assert.deepEqual([page.said.errors, page.said.consoleErrors], [[], []]);

test("a wrong key is told, a right one opens the desk and stays in the tab", async (t) => {
  const page = await openPage(browser, t);
  await page.goto(host.url);
  assert.equal(await page.evaluate(() => document.activeElement.id), "key");
  await page.getByLabel("API key").fill("mt_wrong");
  await page.keyboard.press("Enter");
  await page.locator("#key-error", { hasText: "does not know this key" }).waitFor();
  await page.getByLabel("API key").fill(host.key);
  await page.keyboard.press("Enter");
  await page.locator("#triggers button").first().waitFor();
  assert.deepEqual(await page.locator("#triggers button").evaluateAll((rows) => rows.map((row) => row.dataset.trigger)),
    ["p/agent", "p/broken", "p/fails", "p/ids", "p/order", "p/slow"]);
  await page.reload();
  await page.locator("#triggers button").first().waitFor();
  await page.getByRole("button", { name: "Forget key" }).click();
  await page.getByLabel("API key").waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  assert.deepEqual(page.said.errors, []);
});

test("nothing comes from elsewhere, and nothing may", async (t) => {
  const page = await openPage(browser, t);
  const asked = new Set();
  page.on("request", (request) => asked.add(new URL(request.url()).origin));
  const answer = await page.goto(host.url);
  await page.getByLabel("API key").waitFor();
  assert.match(answer.headers()["content-security-policy"], /^default-src 'none'; script-src 'self'; style-src 'self';.*frame-ancestors 'none'$/);
  assert.equal(answer.headers()["access-control-allow-origin"], undefined);
  assert.deepEqual([...asked], [host.url]);
  quiet(page);
});

test("the form has a field by type, with its bounds, and the run gets what was filled in", async (t) => {
  const page = await enter(t);
  await choose(page, "order");
  const field = (name) => page.locator(`[name="${name}"]`);
  assert.equal(await field("amount").inputValue(), "3", "the default stands in it");
  assert.deepEqual(await field("amount").evaluate((e) => [e.type, e.min, e.max, e.step, e.required]), ["number", "1", "9", "1", true]);
  assert.deepEqual(await field("gift").locator("option").allTextContents(), ["not set", "no", "yes"]);
  assert.deepEqual(await field("size").locator("option").allTextContents(), ["s", "m"]);
  assert.equal(await field("note").evaluate((e) => e.tagName), "TEXTAREA");
  assert.equal(await page.getByLabel("item required").evaluate((e) => document.getElementById(e.getAttribute("aria-describedby").split(" ")[0]).textContent), "2 to 20 characters");
  await field("item").fill("teapot");
  await field("size").selectOption("m");
  await field("gift").selectOption("yes");
  await field("to/name").fill("Ada");
  await field("tags").fill('["a", "b"]');
  await run(page);
  await state(page, "completed");
  assert.deepEqual(await result(page),
    { item: "teapot", amount: 3, size: "m", gift: true, to: { name: "Ada" }, tags: ["a", "b"] });
  const id = await page.evaluate(() => location.hash.slice(1));
  assert.deepEqual(await page.locator("#records .seq").allTextContents(), (await host.events(id)).map(({ seq }) => String(seq)));
  quiet(page);
});

test("what is wrong is said at its field, by the browser and by the host", async (t) => {
  const page = await enter(t);
  await choose(page, "order");
  const field = (name) => page.locator(`[name="${name}"]`);
  const wrong = (name) => field(name).evaluate((e) => [e.getAttribute("aria-invalid"), document.activeElement === e, document.getElementById(e.getAttribute("aria-describedby").split(" ")[1]).textContent]);
  await run(page);
  let [invalid, focused, text] = await wrong("item");
  assert.deepEqual([invalid, focused, text.length > 0], ["true", true, true]);
  await field("item").fill("x"); // two are needed: the host counts
  await run(page);
  await page.locator(".error", { hasText: "/item" }).waitFor();
  [invalid, focused, text] = await wrong("item");
  assert.deepEqual([invalid, focused], ["true", true]);
  await field("item").fill("kettle");
  assert.deepEqual((await wrong("item"))[0], null);
  await field("to/zip").fill("24103"); // a zip needs a name
  await run(page);
  await page.locator(".error", { hasText: "/to/name" }).waitFor();
  assert.deepEqual((await wrong("to/name")).slice(0, 2), ["true", true]);
  await field("to/zip").fill("");
  await field("tags").fill("[oops");
  await run(page);
  assert.deepEqual((await wrong("tags")).slice(0, 2), ["true", true]);
  await field("tags").fill("");
  await field("item").fill("bomb");
  await run(page);
  await page.locator("#fire-error", { hasText: "filtered" }).waitFor();
  assert.equal((await host.request("GET", "/v1/runs?project=p&trigger=order")).json.items.filter((one) => one.body.item !== "teapot").length, 0);
  assert.deepEqual(page.said.errors, []);
});

test("fields and JSON are two views of one body; what has no field is kept", async (t) => {
  const page = await enter(t);
  await choose(page, "order");
  await page.locator('[name="item"]').fill("teapot");
  await page.getByRole("button", { name: "Edit as JSON" }).click();
  const body = JSON.parse(await page.getByLabel("Body").inputValue());
  assert.deepEqual(body, { amount: 3, item: "teapot", size: "s" });
  await page.getByLabel("Body").fill("{");
  await page.getByRole("button", { name: "Back to the fields" }).click();
  await page.locator("#fire-error", { hasText: /JSON/ }).waitFor();
  await run(page);
  await page.locator("#fire-error", { hasText: "malformed_json" }).waitFor();
  await page.getByLabel("Body").fill(JSON.stringify({ ...body, amount: 4, more: { x: 1 } }));
  await page.getByRole("button", { name: "Back to the fields" }).click();
  assert.equal(await page.locator('[name="amount"]').inputValue(), "4");
  await run(page);
  await state(page, "completed");
  assert.deepEqual(await result(page), { amount: 4, item: "teapot", size: "s", more: { x: 1 } });
});

test("ids of 64 bits keep every digit: in the fields, as JSON, in a run's records, its result and its body", async (t) => {
  const page = await enter(t);
  await choose(page, "ids");
  const field = (name) => page.locator(`[name="${name}"]`);
  assert.equal(await field("least").inputValue(), "-9223372036854775808", "the default stands in it");
  assert.deepEqual(await field("one_of").locator("option").allTextContents(), ["9007199254740993", "9223372036854775807"]);
  await field("id").fill("9007199254740993");
  await field("one_of").selectOption("9223372036854775807");
  await field("more").fill("[9007199254740993, -9007199254740993]");
  const sent = '{"id":9007199254740993,"least":-9223372036854775808,"more":[9007199254740993,-9007199254740993],"one_of":9223372036854775807}';
  const unspaced = async (locator) => (await locator.textContent()).replace(/\s/g, "");
  const bodyOf = async (hash) => (await host.request("GET", `/v1/runs/${hash.slice(1)}`)).text;
  const shown = () => page.evaluate(() => location.hash);

  await page.getByRole("button", { name: "Edit as JSON" }).click();
  assert.equal((await page.getByLabel("Body").inputValue()).replace(/\s/g, ""), sent);
  await page.getByRole("button", { name: "Back to the fields" }).click();
  assert.equal(await field("id").inputValue(), "9007199254740993");
  assert.equal((await field("more").inputValue()).replace(/\s/g, ""), "[9007199254740993,-9007199254740993]");
  await run(page);
  await state(page, "completed");
  assert.equal(await unspaced(page.locator("#result:not([hidden])")), sent);
  assert.equal(await unspaced(page.locator("#records li", { hasText: "seen" }).locator(".data")), sent);
  assert.ok((await bodyOf(await shown())).includes(`"body":${sent}`));

  await field("fail").selectOption("yes");
  await run(page);
  await page.locator("#failure").waitFor();
  const failed = await shown();
  await page.getByRole("button", { name: "Run again with the same body" }).click();
  await page.waitForFunction((before) => location.hash !== before, failed);
  await page.locator("#failure").waitFor();
  const [first, again] = await Promise.all([bodyOf(failed), bodyOf(await shown())]);
  for (const text of [first, again]) assert.ok(text.includes(`"body":${sent.slice(0, -1)},"fail":true}`), text);
  quiet(page);
});

test("an agent's words come as they are said", async (t) => {
  const page = await enter(t);
  await choose(page, "agent");
  await page.getByLabel("instruction").fill("When is high water?");
  await run(page);
  await state(page, "completed");
  const spoken = await page.locator(".speech").textContent();
  assert.match(spoken, /When is high water\?/);
  assert.equal((await result(page)).text, spoken);
  const id = await page.evaluate(() => location.hash.slice(1));
  const deltas = (await host.events(id)).filter(({ type }) => type === "text.delta");
  assert.ok(deltas.length > 1);
  assert.equal(deltas.map(({ data }) => data.text).join(""), spoken);
  assert.equal(await page.locator("#records").getAttribute("aria-live"), "polite");
  quiet(page);
});

test("a run that failed says what, where and what to do, and runs again", async (t) => {
  const page = await enter(t);
  await choose(page, "fails");
  await page.getByLabel("Body").fill('{"n":1}');
  await run(page);
  const card = page.locator("#failure");
  await card.waitFor();
  const text = await card.textContent();
  for (const part of ["script.error", "scripts/p/fails.lua", "line 4", "What to do", "save it"]) assert.ok(text.includes(part), `${part} in ${text}`);
  const first = await page.evaluate(() => location.hash);
  await page.getByRole("button", { name: "Run again with the same body" }).click();
  await page.waitForFunction((before) => location.hash !== before, first);
  await card.waitFor();
  assert.deepEqual((await host.getRun(await page.evaluate(() => location.hash.slice(1)))).body, { n: 1 });
  quiet(page);
});

test("pause and resume; a file that does not load says why", async (t) => {
  const page = await enter(t);
  await choose(page, "order");
  await page.getByRole("button", { name: "Pause" }).click();
  await page.locator("#trigger-state", { hasText: "paused" }).waitFor();
  assert.equal((await host.fire("p", "order", {})).status, 404);
  assert.equal(await page.locator("#fire-form").isHidden(), true);
  await page.getByRole("button", { name: "Resume" }).click();
  await page.locator("#trigger-state", { hasText: "serving" }).waitFor();
  assert.equal((await host.fire("p", "order", {})).status, 400);
  await page.locator('[data-trigger="p/broken"]').click();
  await page.locator("#trigger-error", { hasText: "p/broken.lua:2" }).waitFor();
  quiet(page);
});

test("a stream on the page goes on when the host restarts", async (t) => {
  const page = await enter(t);
  await choose(page, "slow");
  await run(page);
  await gate.called;
  await page.locator("#records li", { hasText: "step.started" }).waitFor();
  await host.restart();
  gate.open();
  await state(page, "completed");
  const id = await page.evaluate(() => location.hash.slice(1));
  assert.deepEqual(await page.locator("#records .seq").allTextContents(), (await host.events(id)).map(({ seq }) => String(seq)));
  assert.deepEqual(page.said.errors, []);
});

test("on a phone nothing is wider than the screen, and the keyboard reaches all", async (t) => {
  const page = await enter(t, { viewport: { width: 360, height: 740 }, colorScheme: "dark" });
  await choose(page, "fails");
  await run(page);
  await page.locator("#failure").waitFor();
  await choose(page, "order");
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
  const unnamed = await page.evaluate(() => [...document.querySelectorAll("input, textarea, select, button")].filter((e) => e.offsetParent &&
    !(e.labels?.length || e.textContent.trim() || e.getAttribute("aria-label"))).map((e) => e.outerHTML));
  assert.deepEqual(unnamed, []);
  const small = await page.evaluate(() => [...document.querySelectorAll("button")].filter((e) => e.offsetParent && e.offsetHeight < 40).map((e) => e.outerHTML));
  assert.deepEqual(small, []);
  await page.locator('[name="item"]').fill("teapot");
  await page.locator('[name="item"]').press("Enter");
  await state(page, "completed");
});
