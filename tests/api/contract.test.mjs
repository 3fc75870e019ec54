// SPDX-License-Identifier: MIT
// What holds at every address that starts a run: the order of the checks, refusals that look the same, methods, names in paths. Bodies are
// in contract_body.test.mjs, waiting and repeats in contract_again.test.mjs.
import { after, test } from "node:test";
import assert from "node:assert/strict";
import { startHost } from "./host.mjs";
import { doors, openDoors, rules, said } from "./doors.mjs";

const echo = (fields = "") => `return trigger { ${fields} run = function(event) return { kind = event.kind, n = event.body.n } end }`;
const ALL = `input = { n = { type = "integer", max = 5, optional = true } }, body = "2KB", filter = { { "n", "<", 4 } }, unique = true,`;
const host = await startHost({
  scripts: {
    "plain/agent.lua": echo(),
    "all/agent.lua": echo(ALL),
    "paused/agent.lua": echo(`paused = true,`),
    "denied/agent.lua": echo(`${ALL} block = { "127.0.0.0/8" },`),
    "deniedpaused/agent.lua": echo(`${ALL} block = { "127.0.0.0/8" }, paused = true,`),
    "gone/agent.lua": echo(),
    "plain/a-b_C9.lua": echo(),
    "plain/kelvin.lua": echo(),
    [`plain/${"k".repeat(64)}.lua`]: echo(),
  },
});
after(() => host.done());
const kit = await openDoors(host, ["plain", "all", "paused", "denied", "deniedpaused", "gone"]);

// ---- the order of the checks

const SEEN = 1; // n of a body that came before
const keyOf = (door) => `order-${door}`; // an Idempotency-Key that came before, with another body
for (const door of doors) {
  for (const more of [{ inputs: { n: SEEN } }, { inputs: { n: 0, door }, headers: { "idempotency-key": keyOf(door) } }]) {
    const first = await kit.said(door, "all", { ...more, inputs: { ...more.inputs, door } });
    assert.ok(first.status < 300, JSON.stringify(first));
  }
}

// Each fault changes a request; `before` is the verdict of the check that it fails. In the order of the checks.
const hidden = (door) => (door === "webhook" ? [401, "unauthorized"] : [404, "not_found"]);
const faults = [
  { name: "route", verdict: () => [404, "not_found"], make: (r) => (r.suffix = "/nowhere") },
  { name: "method", verdict: () => [405, "method_not_allowed"], make: (r) => (r.method = "PUT") },
  { name: "credential", verdict: () => [401, "unauthorized"], make: (r) => (r.credential = "wrong") },
  // Who lacks the permission is not told whether the trigger exists: this one is judged first where it is told at all.
  {
    name: "permission",
    at: (door) => door !== "webhook",
    verdict: (door) => [rules[door].permission, { 401: "unauthorized", 403: "forbidden", 404: "not_found" }[rules[door].permission]],
    make: (r) => (r.credential = "weak"),
  },
  { name: "lookup", verdict: hidden, make: (r) => (r.project = "nothing") },
  { name: "state", verdict: hidden, make: (r) => (r.project = r.project === "denied" ? "deniedpaused" : "paused") },
  { name: "address", verdict: () => [403, "address_denied"], make: (r) => (r.project = r.project === "paused" ? "deniedpaused" : "denied") },
  { name: "size", verdict: () => [413, "body_too_large"], make: (r) => (r.inputs.pad = "x".repeat(3000)) },
  { name: "media type", verdict: () => [415, "unsupported_media_type"], make: (r) => (r.headers["content-type"] = "text/plain") },
  { name: "parse", verdict: () => [400, "malformed_json"], make: (r) => (r.cut = true) },
  { name: "validate", verdict: () => [400, "invalid"], make: (r) => (r.inputs.n = 6) },
  { name: "idempotency", verdict: () => [422, "idempotency_key_reused"], make: (r) => (r.headers["idempotency-key"] = keyOf(r.inputs.door)) },
  { name: "filter", verdict: () => [400, "filtered"], make: (r) => (r.inputs.n = Math.max(r.inputs.n, 4)) },
  { name: "duplicate", verdict: () => [400, "duplicate"], make: (r) => (r.inputs.n = Math.max(r.inputs.n, SEEN)) },
];
// No request has both: one value, one place.
const either = new Set(["credential+permission", "lookup+state", "lookup+address", "validate+duplicate", "filter+duplicate"]);

async function wrong(door, made) {
  const r = { project: "all", inputs: { n: -1, door }, headers: {}, credential: "good", method: "POST", suffix: "", cut: false };
  for (const fault of made) fault.make(r);
  const path = rules[door].path(r.project);
  const where = r.suffix ? path.replace(/\/?(\?.*)?$/, (tail) => r.suffix + tail.replace("/", "")) : path;
  const whole = JSON.stringify(rules[door].wrap(r.inputs));
  return kit.said(door, r.project, { method: r.method, path: where, credential: r.credential, headers: r.headers, raw: r.cut ? whole.slice(0, -1) : whole });
}

for (const door of doors) {
  test(`${door}: a request that is wrong in two ways gets the earlier verdict, for every pair of checks`, async () => {
    const mine = faults.filter(({ at }) => !at || at(door));
    let pairs = 0;
    for (const [i, first] of mine.entries()) {
      const [status, code] = first.verdict(door);
      const is = async (made) => {
        const answer = await wrong(door, made);
        const got = [answer.status, answer.code ?? (first.name === "route" ? code : undefined)];
        assert.deepEqual(got, [status, code], `${made.map(({ name }) => name)}: ${JSON.stringify(answer)}`);
        pairs++;
      };
      await is([first]);
      for (const second of mine.slice(i + 1)) if (!either.has(`${first.name}+${second.name}`)) await is([first, second]);
    }
    assert.ok(pairs >= 80, `${pairs}`);
  });
}

test("the Idempotency-Key goes before the filter: a request sent again gets its first answer although the filter has changed", async () => {
  const first = {};
  for (const door of doors) first[door] = await kit.send(door, "plain", { inputs: { n: 7, door }, headers: { "idempotency-key": `filter-${door}` } });
  for (const filter of [`filter = { { "n", "<", 1 } },`, `filter = function(event) return event.body.n < 1, "no" end,`]) {
    const replaced = host.nextLog(/"trigger replaced" trigger=plain\/agent/);
    await host.write("plain/agent.lua", echo(filter));
    await replaced;
    for (const door of doors) {
      const again = await kit.send(door, "plain", { inputs: { n: 7, door }, headers: { "idempotency-key": `filter-${door}` } });
      assert.equal(again.headers["x-run-id"], first[door].headers["x-run-id"], `${door} ${filter} ${again.text}`);
      const other = await kit.said(door, "plain", { inputs: { n: 8, door }, headers: { "idempotency-key": `filter-${door}` } });
      assert.deepEqual([other.status, other.code], [422, "idempotency_key_reused"], door);
      const fresh = await kit.said(door, "plain", { inputs: { n: 7, door }, headers: { "idempotency-key": `fresh-${door}` } });
      assert.deepEqual([fresh.status, fresh.code], [400, "filtered"], door);
    }
  }
  const back = host.nextLog(/"trigger replaced" trigger=plain\/agent/);
  await host.write("plain/agent.lua", echo());
  await back;
});

// ---- refusals that tell nothing

const bare = ({ status, text, headers: { date, "x-request-id": id, ...headers } }) => ({ status, text: text.replace(id, "ID"), headers });

test("unknown, paused and deleted are the same answer, byte by byte, headers too", async () => {
  const deleted = host.nextLog(/trigger deleted.*gone\/agent/);
  await host.remove("gone/agent.lua");
  await deleted;
  for (const door of doors) {
    for (const raw of [undefined, "{", null]) {
      const answers = [];
      for (const project of ["nothing", "paused", "gone"]) answers.push(bare(await kit.send(door, project, { raw })));
      assert.equal(answers[0].status, hidden(door)[0]);
      for (const answer of answers) assert.deepEqual(answer, answers[0], door);
    }
  }
});

test("no credential, a wrong one, an empty one and one of another door are the same 401", async () => {
  for (const door of doors) {
    const answers = [];
    for (const project of ["plain", "paused", "nothing"])
      for (const credential of [null, "wrong", { value: "" }, { value: door === "webhook" ? host.key : kit.secrets.plain }])
        answers.push(bare(await kit.send(door, project, { credential })));
    for (const answer of answers) assert.deepEqual(answer, answers[0], door);
    assert.equal(answers[0].status, 401);
  }
});

// ---- methods

test("every other method of every address is 405 with Allow, whoever asks", async () => {
  const { paths } = (await host.request("GET", "/openapi.json", { key: null })).json;
  let tried = 0;
  for (const [path, operations] of Object.entries(paths)) {
    const known = Object.keys(operations).map((name) => name.toUpperCase());
    const allowed = known.flatMap((name) => (name === "GET" ? ["GET", "HEAD"] : [name])).sort();
    const where = path.replaceAll(/\{\w+\}/g, "x");
    for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"]) {
      if (allowed.includes(method)) continue;
      const answer = await host.request(method, where, { key: null });
      assert.deepEqual([answer.status, answer.headers.allow?.split(", ").sort()], [405, allowed], `${method} ${where}`);
      if (method === "HEAD") assert.equal(answer.text, "");
      else assert.match(answer.text, /"method_not_allowed"/, `${method} ${where}`);
      tried++;
    }
  }
  assert.ok(tried >= 150, `${tried}`);
});

test("where there is no address it is 404 for every method, and no redirect", async () => {
  for (const where of ["/nowhere", "/api", "/api/v1.0/project/plain", "/api/v1.0/project/plain/trigger", "/v1/projects/plain/triggers/agent", "/api/agent", "//", "/v1/runs/x/events/y"])
    for (const method of ["GET", "POST", "DELETE", "OPTIONS"]) {
      const answer = await host.request(method, where);
      assert.deepEqual([answer.status, answer.json.code], [404, "not_found"], `${method} ${where}`);
    }
});

// ---- names in paths

const good = ["a-b_C9", "A-B_c9", "a%2Db_c9", "a%2db%5fc9", "%61-b_c9", "k".repeat(64), "K".repeat(64)];
const bad = [
  "a%252Db_c9", "a-b%2Fc9", "a-b_c9%00", "%00", "a-b_c9%", "a-b_c9%2", "a-b_c9%zz", "%E2%84%AAelvin", "kelvi%C5%84", "k".repeat(65), "k".repeat(300), "..", "%2e%2e", ".", "a b",
  "a+b_c9", "a-b_c9%20", "a-b_c9.lua", "%ff", "agent%0a", "agent%3Fx", "%C0%AEagent", "agent;x",
];
for (const [name, where] of [["project", (p, k) => `/api/v1.0/project/${p}/trigger/${k}`], ["native", (p, k) => `/v1/projects/${p}/triggers/${k}/runs`]]) {
  test(`${name}: a key is caseless and decoded once; what is no name is 404`, async () => {
    for (const key of good) assert.equal((await kit.said(name, "plain", { path: where("plain", key.replaceAll(" ", "%20")) })).status, 200, key);
    for (const key of bad) {
      const answer = await kit.said(name, "plain", { path: where("plain", key.replaceAll(" ", "%20")) });
      assert.deepEqual([answer.status, answer.code], [404, "not_found"], key);
    }
    assert.equal((await kit.said(name, "plain", { path: where("plai%6e", "agent") })).status, 200);
    for (const project of ["PLAIN", "plain%00", "plain%2F", "plai%256e", "p%E2%84%AA", "..", "x".repeat(65), "pl ain".replace(" ", "%20")]) {
      const answer = await kit.said(name, "plain", { path: where(project, "agent") });
      assert.deepEqual([answer.status, answer.code], [404, "not_found"], project);
    }
  });
}

for (const door of ["scenario", "flow", "webhook"]) {
  test(`${door}: an id is exact and decoded once; what is none is refused as an unknown one is`, async () => {
    const path = (id) => rules[door].path("plain").replace("plain.agent", id);
    for (const id of ["plain.agent", "plain%2Eagent", "%70lain.agent"]) assert.ok((await kit.said(door, "plain", { path: path(id) })).status < 300, id);
    const [status, code] = hidden(door);
    const unknown = bare(await kit.send(door, "plain", { path: path("nobody") }));
    assert.equal(unknown.status, status);
    for (const id of ["PLAIN.agent", "plain.AGENT", "plain%252Eagent", "plain%2Fagent", "plain.agent%20", "plain.agent%C2%A0", "x".repeat(250), "%E2%84%AA"])
      assert.deepEqual(bare(await kit.send(door, "plain", { path: path(id) })), unknown, `${id} ${code}`);
  });
}

test("repeated query fields are refused by name where a field counts", async () => {
  const run = (await kit.send("project", "plain")).json.runId;
  for (const [where, field] of [
    ["/v1/runs?limit=1&limit=1", "limit"], ["/v1/runs?status=failed&status=failed", "status"], ["/v1/runs?session=a&session=a", "session"],
    ["/v1/runs?project=a&project=a", "project"], ["/v1/runs?trigger=a&trigger=a", "trigger"], ["/v1/runs?before=run_1&before=run_1", "before"],
    [`/v1/runs/${run}/events?last_event_id=1&last_event_id=1`, "last_event_id"], ["/v1/audit?limit=1&limit=1", "limit"],
    ["/v1/triggers/plain/agent/snippets?lang=go&lang=go", "lang"],
  ]) {
    const answer = await host.request("GET", where);
    assert.deepEqual([answer.status, answer.json.code, answer.json.field], [400, "invalid", field], where);
  }
  const twice = await kit.said("webhook", "plain", { path: "/workflows/trigger?workflowId=plain.agent&workflowId=plain.agent" });
  assert.deepEqual([twice.status, twice.code], [400, "invalid"]);
  assert.match(twice.message, /workflowId/);
  for (const door of doors) assert.ok((await kit.said(door, "plain", { path: `${rules[door].path("plain")}${door === "webhook" ? "&" : "?"}x=1&x=2` })).status < 300, door);
});

test("no address has CORS headers, asked by a page or not", async () => {
  for (const door of doors) {
    for (const method of ["POST", "OPTIONS"]) {
      const answer = await kit.send(door, "plain", { method, headers: { origin: "https://shop.example", "access-control-request-method": "POST" } });
      assert.deepEqual(Object.keys(answer.headers).filter((name) => name.startsWith("access-control")), [], `${door} ${method}`);
    }
  }
});

test("the request's own X-Request-Id comes back from every door, also with a refusal", async () => {
  for (const door of doors) {
    for (const credential of ["good", "wrong"]) {
      const answer = await kit.send(door, "plain", { credential, headers: { "x-request-id": `id.${door}-1` } });
      assert.equal(answer.headers["x-request-id"], `id.${door}-1`);
    }
  }
});

test("what a door says of a run leads to it", async () => {
  for (const door of doors) {
    const answer = said(door, await kit.send(door, "plain", { inputs: { n: 3 } }));
    const run = await host.waitRun(answer.run);
    const kind = { agent: "agent", scenario: "scenario", flow: "flow", webhook: "webhook", project: "api", native: "api" }[door];
    assert.deepEqual([run.status, run.kind, run.project, run.trigger, run.result.n], ["completed", kind, "plain", "agent", 3]);
  }
});
