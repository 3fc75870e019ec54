// SPDX-License-Identifier: MIT
// CORS: closed, unless a trigger lists the page; then its answers are readable there, errors too, and never with cookies.
import { after, test } from "node:test";
import assert from "node:assert/strict";
import { startHost } from "./host.mjs";

const PAGE = "https://shop.example";
const OTHER = "https://blog.example";
const STRANGER = "https://evil.example";
const host = await startHost({
  scripts: {
    "c/open.lua": `return trigger { origins = { "${PAGE}" }, widget = true, input = { n = { type = "number", optional = true } },
      run = function(event) return { n = event.body.n } end }`,
    "c/other.lua": `return trigger { origins = { "${OTHER}" }, run = function() end }`,
    "c/shut.lua": "return trigger { run = function() end }",
    "c/paused.lua": `return trigger { origins = { "${PAGE}" }, paused = true, run = function() end }`,
    "c/slow.lua": `return trigger { origins = { "${PAGE}" }, wait = false, run = function(event, flow) flow.sleep "1h" end }`,
    "c/agent.lua": `return trigger { id = "agent", origins = { "${PAGE}" }, run = function() end }`,
  },
});
after(() => host.done());
const widget = await host.newKey("w", "--widget");

const EXPOSED = "X-Run-Id, X-Request-Id, Location, Retry-After";
const from = (origin, options = {}) => ({ ...options, headers: { ...options.headers, ...(origin && { origin }) } });
const preflight = (where, origin = PAGE, method = "POST") =>
  host.request("OPTIONS", where, { key: null, headers: { origin, "access-control-request-method": method, "access-control-request-headers": "content-type,x-api-key" } });
const cors = ({ headers }) => Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith("access-control-") || name === "vary"));
const shape = ({ status, text, headers: { date, "x-request-id": id, ...headers } }) => ({ status, text: text.replaceAll(id, "ID"), headers });
const CLOSED = { vary: "Origin" };
const OPEN = { vary: "Origin", "access-control-allow-origin": PAGE, "access-control-expose-headers": EXPOSED };
const FIRE = "/v1/projects/c/triggers/open/runs";

test("a preflight of a listed page is let through, for the route's method, without credentials", async () => {
  for (const where of [FIRE, "/v1/widget/c.open/runs", "/api/v1/flow/c.open", "/v1/runs/run_x/cancel"]) {
    const answer = await preflight(where);
    assert.equal(answer.status, 204, where);
    assert.deepEqual(cors(answer), {
      vary: "Origin", "access-control-allow-origin": PAGE, "access-control-allow-methods": "POST", "access-control-max-age": "600",
      "access-control-allow-headers": "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, Prefer, X-API-Key, X-Request-Id" }, where);
  }
  assert.equal(cors(await preflight("/v1/runs/run_x/events", PAGE, "GET"))["access-control-allow-methods"], "GET");
});

test("a preflight does not tell whether there is such a trigger", async () => {
  const want = shape(await preflight("/v1/projects/c/triggers/none/runs"));
  assert.equal(want.status, 204);
  assert.deepEqual(cors(want), CLOSED);
  const same = ["/v1/projects/c/triggers/other/runs", "/v1/projects/c/triggers/shut/runs", "/v1/projects/c/triggers/paused/runs",
    "/v1/projects/%00/triggers/x/runs", "/v1/widget/none/runs", "/v1/widget/c.other/runs", "/v1/widget/c.slow/runs", "/v1/widget/c.paused/runs", "/api/v1/flow/none", "/api/v1/flow/c.other"];
  for (const where of same) assert.deepEqual(shape(await preflight(where)), want, where);
  for (const origin of [STRANGER, "null", "https://shop.example:443", "https://SHOP.example", "*", ""])
    assert.deepEqual(shape(await preflight(FIRE, origin)), want, origin);
});

test("OPTIONS without a page that asks, and on other routes, is 405 as ever", async () => {
  const plain = await host.request("OPTIONS", FIRE, { key: null });
  assert.deepEqual([plain.status, plain.headers.allow], [405, "POST"]);
  for (const where of ["/api/v1.0/project/c/trigger/open", "/api/agent/trigger/", "/api/scenario/agent/trigger/", "/workflows/trigger?workflowId=c.open",
    "/v1/runs", "/v1/triggers", "/v1/keys", "/v1/audit"]) {
    const answer = await preflight(where);
    assert.equal(answer.status, 405, where);
    assert.deepEqual(cors(answer), {}, where);
  }
});

test("answers are readable for a listed page: the result, and every error", async () => {
  const cases = [
    ["POST", FIRE, { body: { n: 1 } }, 200],
    ["POST", FIRE, { body: { n: 1 }, headers: { prefer: "respond-async" } }, 202],
    ["POST", FIRE, { body: { n: "x" } }, 400],
    ["POST", FIRE, { body: "{" }, 400],
    ["POST", FIRE, { key: "mt_wrong" }, 401],
    ["POST", FIRE, { key: await host.newKey("reader", "--allow", "run.read") }, 403],
    ["POST", FIRE, { body: "x", headers: { "content-type": "text/plain" } }, 415],
    ["POST", FIRE, { body: { n: "x".repeat(2 << 20) } }, 413],
    ["POST", "/api/v1/flow/c.open", { key: null, headers: { authorization: `Bearer ${host.key}` } }, 200],
    ["POST", "/api/v1/flow/c.open", { key: null }, 401],
    ["POST", "/v1/widget/c.open/runs", { key: null }, 401],
    ["POST", "/v1/widget/c.open/runs", { key: null, headers: { "x-api-key": widget } }, 202],
  ];
  for (const [method, where, options, status] of cases) {
    const answer = await host.request(method, where, from(PAGE, options));
    assert.equal(answer.status, status, `${where}: ${answer.text}`);
    assert.deepEqual(cors(answer), OPEN, `${where} ${status}`);
    for (const origin of [STRANGER, OTHER, "null", null])
      assert.deepEqual(cors(await host.request(method, where, from(origin, options))), CLOSED, `${where} ${status} ${origin}`);
  }
});

test("a trigger without that page answers as if there were no CORS at all", async () => {
  for (const key of ["shut", "other", "none", "paused"]) assert.deepEqual(cors(await host.fireAsync("c", key, {}, from(PAGE))), CLOSED, key);
});

test("the run's own trigger decides for its stream, its object and its end", async () => {
  const { runId, streamUrl } = (await host.fireAsync("c", "slow", {})).json;
  const other = (await host.fireAsync("c", "other", {})).json;
  await host.waitRun(other.runId);
  const json = { headers: { accept: "application/json" } };
  const bare = { ...json, key: null };
  assert.deepEqual(cors(await host.request("GET", streamUrl, from(PAGE, bare))), OPEN);
  assert.deepEqual(cors(await host.request("GET", streamUrl, from(OTHER, bare))), CLOSED);
  assert.deepEqual(cors(await host.request("GET", other.streamUrl, from(OTHER, bare))), { ...OPEN, "access-control-allow-origin": OTHER });
  assert.deepEqual(cors(await host.request("GET", other.streamUrl, from(PAGE, bare))), CLOSED);
  const behind = await host.request("GET", other.streamUrl, from(OTHER, { key: null, headers: { "last-event-id": "99" } }));
  assert.deepEqual([behind.status, cors(behind)["access-control-allow-origin"]], [204, OTHER]);
  assert.deepEqual(cors(await host.request("GET", `/v1/runs/${runId}`, from(PAGE))), OPEN);
  assert.deepEqual(cors(await host.request("GET", `/v1/runs/${other.runId}`, from(PAGE))), CLOSED);
  for await (const event of host.stream(runId, { headers: { origin: PAGE } })) if (event) break;
  const expired = await host.request("GET", streamUrl.replace(/token=.*/, "token=1-x"), from(PAGE, { key: null }));
  assert.deepEqual([expired.status, cors(expired)], [401, OPEN]);
  const ended = await host.request("POST", `/v1/runs/${runId}/cancel`, from(PAGE));
  assert.deepEqual([ended.status, cors(ended)], [202, OPEN]);
});

test("a run that the key may not read looks like one that is not there", async () => {
  const elsewhere = await host.newKey("elsewhere", "--allow", "*", "--project", "d");
  const { runId } = (await host.fireAsync("c", "other", {})).json;
  const ask = (id) => host.request("GET", `/v1/runs/${id}`, from(PAGE, { key: elsewhere }));
  assert.deepEqual(shape(await ask(runId)), shape(await ask("run_none")));
});

test("the dialects of servers never answer a page", async () => {
  const bearer = { key: null, headers: { authorization: `Bearer ${host.key}` }, body: { session_id: "s" } };
  for (const [where, options] of [["/api/scenario/agent/trigger/", bearer], ["/api/scenario/agent/trigger/", { key: null }],
    ["/api/v1.0/project/c/trigger/open", { body: {} }], ["/workflows/trigger?workflowId=c.open", bearer]])
    assert.deepEqual(cors(await host.request("POST", where, from(PAGE, options))), {}, where);
});

test("an origin that is put on the list is let in with the next request", async () => {
  const known = host.nextLog(/c\/shut/);
  await host.write("c/shut.lua", `return trigger { origins = "${PAGE}", run = function() end }`);
  await known;
  assert.equal(cors(await preflight("/v1/projects/c/triggers/shut/runs"))["access-control-allow-origin"], PAGE);
});
