// SPDX-License-Identifier: MIT
// Pause and resume, API keys over HTTP, expiry, last use, the audit log.
import { after, test } from "node:test";
import assert from "node:assert/strict";
import { startHost } from "./host.mjs";

const ECHO = `return trigger { run = function(event) return event.body end }`;
const host = await startHost({
  scripts: {
    "m/echo.lua": ECHO,
    "m/Cased.lua": ECHO,
    "m/off.lua": `return trigger { paused = true, run = function() end }`,
    "m/slow.lua": `return trigger { wait = false, run = function(event, flow) flow.sleep "1h" end }`,
    "other/echo.lua": ECHO,
  },
});
after(() => host.done());

const set = (what, where, options) => host.request("POST", `/v1/triggers/${where}/${what}`, options);
const trigger = async (where) => (await host.request("GET", `/v1/triggers/${where}`)).json;
const makeKey = (body, options) => host.request("POST", "/v1/keys", { body, ...options });
const audit = async (query = "") => (await host.request("GET", `/v1/audit${query}`)).json;
const SECRET = /^mt_[A-Za-z0-9_-]{43}$/;

const admin = (await host.request("GET", "/v1/keys")).json.items.find((k) => k.name === "admin").id;

const hook = await webhookSecret("m/echo");
async function webhookSecret(where) {
  const known = host.nextLog(/"webhook secret added"/);
  const made = await host.cli(["webhook", "create", where, "--data", host.data]);
  assert.equal(made.code, 0, made.stderr);
  await known;
  return made.stdout.trim();
}

test("a paused trigger answers as an unknown one does, and serves again when resumed", async () => {
  const paused = await set("pause", "m/echo");
  assert.equal(paused.status, 200);
  assert.equal(paused.json.status, "paused");
  assert.equal(paused.json.paused.by, admin);
  assert.match(paused.json.paused.at, /^\d{4}-.*Z$/);
  const bearer = { key: null, headers: { authorization: `Bearer ${host.key}`, "x-request-id": "same" } };
  const secret = { key: null, headers: { "x-workflow-secret": hook, "x-request-id": "same" } };
  for (const [status, method, where, options] of [
    [404, "POST", (key) => `/api/v1.0/project/m/trigger/${key}`, { headers: bearer.headers }],
    [404, "POST", (key) => `/v1/projects/m/triggers/${key}/runs`, bearer],
    [404, "POST", (key) => `/api/v1/flow/m.${key}`, bearer],
    [404, "POST", (key) => `/api/scenario/m.${key}/trigger/`, { ...bearer, body: { session_id: "s" } }],
    [401, "POST", (key) => `/workflows/trigger?workflowId=m.${key}`, secret],
  ]) {
    const [known, unknown] = [await host.request(method, where("echo"), options), await host.request(method, where("none"), options)];
    assert.deepEqual([known.status, known.text], [status, unknown.text], where("echo"));
    delete known.headers.date, delete unknown.headers.date;
    assert.deepEqual(known.headers, unknown.headers);
  }
  assert.deepEqual((await trigger("m/echo")).paused, paused.json.paused);
  const again = await set("pause", "m/echo");
  assert.deepEqual(again.json.paused, paused.json.paused, "the first pause counts");
  const resumed = await set("resume", "m/echo");
  assert.deepEqual([resumed.status, resumed.json.status, resumed.json.paused], [200, "serving", null]);
  assert.equal((await host.fire("m", "echo", { a: 1 })).status, 200);
  assert.equal((await host.request("POST", "/workflows/trigger?workflowId=m.echo", secret)).status, 200);
});

test("a pause is of an address, whatever its case, and holds over a new script and a restart", async () => {
  assert.equal((await set("pause", "m/CASED")).json.key, "Cased");
  const reloaded = host.nextLog(/"trigger replaced" trigger=m\/Cased/);
  await host.write("m/Cased.lua", ECHO + "\n");
  await reloaded;
  assert.equal((await host.fire("m", "cased", {})).status, 404);
  await host.restart();
  assert.equal((await host.fire("m", "cased", {})).status, 404);
  assert.equal((await trigger("m/cased")).paused.by, admin);
  assert.equal((await set("resume", "m/cased")).status, 200);
  await host.restart();
  assert.equal((await host.fire("m", "cased", {})).status, 200);
});

test("what the script pauses is resumed in the script", async () => {
  assert.deepEqual((await trigger("m/off")).paused, { by: "script", at: null });
  const answer = await set("resume", "m/off");
  assert.deepEqual([answer.status, answer.json.code], [409, "conflict"]);
});

test("runs under way go on when their trigger is paused", async () => {
  const { json } = await host.fireAsync("m", "slow");
  await set("pause", "m/slow");
  assert.notEqual((await host.getRun(json.runId)).status, "cancelled");
  assert.equal((await host.request("POST", `/v1/runs/${json.runId}/cancel`)).status, 202);
  await set("resume", "m/slow");
});

test("pausing needs trigger.manage there", async () => {
  const reader = await host.newKey("reader", "--allow", "run.read", "--project", "m");
  const stranger = await host.newKey("stranger", "--allow", "*", "--project", "other");
  assert.equal((await set("pause", "m/echo", { key: reader })).status, 403);
  assert.equal((await set("pause", "m/echo", { key: stranger })).status, 404);
  assert.equal((await set("pause", "m/none")).status, 404);
  assert.equal((await set("pause", "m/echo", { key: null })).status, 401);
  assert.equal((await trigger("m/echo")).paused, null);
});

test("a key made over HTTP works at once and is gone at once", async () => {
  const made = await makeKey({ name: "CI", permissions: ["project.trigger", "run.read"], projects: ["m"], defaultProject: "m" });
  assert.equal(made.status, 201, made.text);
  const { id, secret, createdAt, ...rest } = made.json;
  assert.match(id, /^key_/);
  assert.match(secret, SECRET);
  assert.deepEqual(rest, { name: "CI", permissions: ["project.trigger", "run.read"], projects: ["m"], defaultProject: "m", origins: [],
    callsPerMinute: null, expiresAt: null, lastUsedAt: null, revokedAt: null });
  assert.equal((await host.fire("m", "echo", {}, { key: secret })).status, 200);
  assert.equal((await host.fire("other", "echo", {}, { key: secret })).status, 401);
  const listed = (await host.request("GET", "/v1/keys")).json.items.find((k) => k.id === id);
  assert.equal(listed.secret, undefined);
  assert.match(listed.lastUsedAt, /Z$/);
  assert.equal((await host.request("DELETE", `/v1/keys/${id}`)).status, 204);
  assert.equal((await host.fire("m", "echo", {}, { key: secret })).status, 401);
  assert.equal((await host.request("DELETE", `/v1/keys/${id}`)).status, 204);
  assert.ok((await host.request("GET", "/v1/keys")).json.items.find((k) => k.id === id).revokedAt);
  assert.equal((await host.request("DELETE", "/v1/keys/key_none")).status, 404);
});

test("a key that was made elsewhere is taken over and never shown", async () => {
  const body = { name: "brought", permissions: ["run.read"], projects: "*", secret: "wb_live_over.http+0123456789" };
  const made = await makeKey(body);
  assert.deepEqual([made.status, made.json.secret], [201, undefined], made.text);
  assert.equal((await host.request("GET", "/v1/runs", { key: body.secret })).status, 200);
  const again = await makeKey(body);
  assert.deepEqual([again.status, again.json.code, again.json.detail], [409, "conflict", "this value is an API key already, perhaps a revoked one"]);
  for (const secret of ["x".repeat(15), "x".repeat(201), "with blanks in between", 7]) {
    const { status, json } = await makeKey({ ...body, secret });
    assert.deepEqual([status, json.field, json.detail], [400, "/secret", "secret: expected 16 to 200 visible ASCII characters"]);
  }
  assert.ok(!(await host.request("GET", "/v1/keys")).text.includes(body.secret));
});

test("many keys at once are each in force when they are answered", async () => {
  await Promise.all(Array.from({ length: 20 }, async (_, i) => {
    const { json } = await makeKey({ name: `k${i}`, permissions: ["run.read"], projects: "*" });
    assert.equal((await host.request("GET", "/v1/runs", { key: json.secret })).status, 200);
    await host.request("DELETE", `/v1/keys/${json.id}`);
    assert.equal((await host.request("GET", "/v1/runs", { key: json.secret })).status, 401);
  }));
});

test("a key hands on nothing that it lacks, and sees nothing beyond its projects", async () => {
  const { json: boss } = await makeKey({ name: "boss", permissions: ["key.manage", "run.read"], projects: ["m"] });
  const asBoss = { key: boss.secret };
  const body = { name: "x", permissions: ["run.read"], projects: ["m"] };
  assert.equal((await makeKey(body, asBoss)).status, 201);
  for (const more of [{ permissions: ["run.control"] }, { permissions: ["*"] }, { projects: ["m", "other"] }, { projects: "*" }])
    assert.equal((await makeKey({ ...body, ...more }, asBoss)).status, 403, JSON.stringify(more));
  const names = (await host.request("GET", "/v1/keys", asBoss)).json.items.map((k) => k.name);
  assert.ok(names.includes("x") && !names.includes("admin"));
  assert.equal((await host.request("DELETE", `/v1/keys/${admin}`, asBoss)).status, 404);
  const { json: strong } = await makeKey({ name: "strong", permissions: ["run.control"], projects: ["m"] });
  assert.equal((await host.request("DELETE", `/v1/keys/${strong.id}`, asBoss)).status, 403);
  const { json: weak } = await makeKey({ name: "weak", permissions: ["run.read"], projects: "*" });
  for (const [method, where] of [["GET", "/v1/keys"], ["POST", "/v1/keys"], ["DELETE", `/v1/keys/${strong.id}`], ["GET", "/v1/audit"]])
    assert.equal((await host.request(method, where, { key: weak.secret })).status, 403, `${method} ${where}`);
  assert.equal((await host.request("GET", "/v1/audit", asBoss)).status, 403, "the audit log is of all projects");
});

test("each mistake in a key's description is named", async () => {
  const good = { name: "x", permissions: ["run.read"], projects: ["m"] };
  const cases = [
    [undefined, ""], [{ ...good, name: undefined }, "/name"], [{ ...good, name: " " }, "/name"], [{ ...good, name: "a\nb" }, "/name"],
    [{ ...good, name: 1 }, "/name"], [{ ...good, permissions: [] }, "/permissions"], [{ ...good, permissions: "*" }, "/permissions"],
    [{ ...good, permissions: ["run.reed"] }, "/permissions"], [{ ...good, permissions: ["run.read,*"] }, "/permissions"],
    [{ ...good, permissions: [1] }, "/permissions"], [{ ...good, projects: undefined }, "/projects"],
    [{ ...good, projects: ["a,b"] }, "/projects"], [{ ...good, projects: [] }, "/projects"], [{ ...good, projects: "m" }, "/projects"],
    [{ ...good, defaultProject: "n" }, "/defaultProject"], [{ ...good, defaultProject: "a/b" }, "/defaultProject"],
    [{ ...good, expiresIn: "soon" }, "/expiresIn"], [{ ...good, expiresIn: 5 }, "/expiresIn"],
    [{ ...good, expiresAt: "2020-01-01T00:00:00Z" }, "/expiresAt"], [{ ...good, expiresAt: "2099-02-31T00:00:00Z" }, "/expiresAt"],
    [{ ...good, expiresAt: "2099-01-01" }, "/expiresAt"], [{ ...good, expiresIn: "1d", expiresAt: "2099-01-01T00:00:00Z" }, "/expiresAt"],
    [{ ...good, expires: "1d" }, "/expires"], [{ ...good, callsPerMinute: 0 }, "/callsPerMinute"],
    [{ ...good, callsPerMinute: 1.5 }, "/callsPerMinute"], [{ ...good, callsPerMinute: "9" }, "/callsPerMinute"],
    [{ ...good, callsPerMinute: 1000001 }, "/callsPerMinute"],
  ];
  for (const [body, field] of cases) {
    const { status, json } = await makeKey(body);
    assert.deepEqual([status, json.code, json.field ?? ""], [400, "invalid", field], JSON.stringify([body, json]));
  }
  assert.match((await makeKey({ ...good, permissions: ["run.reed"] })).json.detail, /run\.read/);
  assert.match((await makeKey({ ...good, expiresInn: "1d" })).json.detail, /expiresIn/);
});

test("a key over its rate starts no runs, in every dialect, and may do all else", async () => {
  const { json } = await makeKey({ name: "slow", permissions: ["project.trigger", "run.read"], projects: ["m"], defaultProject: "m",
    callsPerMinute: 2 });
  const key = json.secret, auth = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  assert.equal((await host.fire("m", "echo", { n: 1 }, { key })).status, 200);
  assert.equal((await host.fire("m", "none", {}, { key })).status, 404); // that was a call too
  const refused = [
    await host.fire("m", "echo", { n: 2 }, { key }),
    await host.fire("m", "none", {}, { key }),
    await host.request("POST", "/api/v1/flow/m.echo", { key: null, headers: auth, body: {} }),
    await host.request("POST", "/api/agent/trigger/", { key: null, headers: auth, body: { session_id: "s" } }),
    await host.request("POST", "/v1/projects/m/triggers/echo/runs", { key, body: {} }),
  ];
  for (const { status, headers, text } of refused) {
    assert.equal(status, 429, text);
    const wait = Number(headers.get ? headers.get("retry-after") : headers["retry-after"]);
    assert.ok(wait >= 1 && wait <= 30, `Retry-After: ${wait}`);
    assert.match(text, /rate_limited/);
  }
  assert.equal((await host.request("GET", "/v1/runs", { key })).status, 200);
  assert.equal((await host.fire("m", "echo", { n: 2 })).status, 200); // another key has its own
  const revoked = host.nextLog(/"API key revoked"/);
  await host.request("DELETE", `/v1/keys/${(await makeKey({ name: "other", permissions: ["run.read"], projects: "*" })).json.id}`);
  await revoked; // the keys were read again: what was spent stays spent
  assert.equal((await host.fire("m", "echo", { n: 3 }, { key })).status, 429);
});

test("an expired key is as unknown", async () => {
  const { json } = await makeKey({ name: "short", permissions: ["run.read"], projects: "*", expiresIn: "1ms" });
  assert.ok(Date.parse(json.expiresAt) > Date.parse(json.createdAt));
  while (Date.now() < Date.parse(json.expiresAt)); // a millisecond at most
  const expired = await host.request("GET", "/v1/runs", { key: json.secret });
  const unknown = await host.request("GET", "/v1/runs", { key: "mt_" + "a".repeat(43) });
  assert.equal(expired.status, 401);
  assert.deepEqual({ ...expired.json, requestId: 0 }, { ...unknown.json, requestId: 0 });
  const { json: far } = await makeKey({ name: "far", permissions: ["run.read"], projects: "*", expiresAt: "2999-12-31T23:59:59Z" });
  assert.equal(far.expiresAt, "2999-12-31T23:59:59.000Z");
  assert.equal((await host.request("GET", "/v1/runs", { key: far.secret })).status, 200);
});

test("key create takes an expiry and a secret that callers have already", async () => {
  const added = host.nextLog(/"API key added".*name="kept"/);
  const made = await host.cli(["key", "create", "--data", host.data, "--name", "kept", "--allow", "run.read", "--expires", "30d",
    "--secret-stdin"], { input: "wb_live_0123456789abcdef\n" });
  assert.deepEqual([made.code, made.stdout], [0, ""], made.stderr);
  await added;
  assert.equal((await host.request("GET", "/v1/runs", { key: "wb_live_0123456789abcdef" })).status, 200);
  const listed = JSON.parse((await host.cli(["key", "list", "--data", host.data, "--json"])).stdout);
  const shown = (await host.cli(["key", "list", "--data", host.data])).stdout.trim().split("\n").map((line) => line.split(/ {2,}/));
  assert.deepEqual(shown[0], ["ID", "NAME", "ALLOW", "PROJECTS", "RATE", "CREATED", "EXPIRES", "LAST USED", "REVOKED"]);
  for (const row of shown) assert.equal(row.length, shown[0].length, row.join("|"));
  const kept = listed.items.find((k) => k.name === "kept");
  assert.ok(Math.abs(Date.parse(kept.expiresAt) - Date.parse(kept.createdAt) - 30 * 86400000) < 1000);
  for (const [args, input] of [[["--secret-stdin"], "short\n"], [["--secret-stdin"], ""], [["--expires", "never"], ""], [["--rate", "0"], ""], [["--rate", "10/s"], ""]])
    assert.equal((await host.cli(["key", "create", "--data", host.data, "--name", "bad", "--allow", "run.read", ...args], { input })).code, 2);
});

test("--secret-stdin takes one line, whatever ends it, and says what it refuses", async () => {
  const given = (what, input) => {
    const words = what === "key" ? ["--name", "stdin", "--allow", "run.read"] : ["m/echo"];
    return host.cli([what, "create", ...words, "--data", host.data, "--secret-stdin"], { input });
  };
  const wrong = ["", "\n", "x".repeat(15), "x".repeat(201), "x".repeat(5000), "with a blank in it", "schlüssel-mit-umlaut", "two-lines-of-text\nsecond",
    "a-nul-within-it\0-is-one", "two-line-ends-behind\n\n"];
  for (const what of ["key", "webhook"]) {
    for (const input of wrong) {
      const { code, stdout, stderr } = await given(what, input);
      assert.deepEqual([code, stdout], [2, ""], JSON.stringify(input));
      assert.match(stderr, /--secret-stdin: expected 16 to 200 visible ASCII characters on one line/);
    }
    for (const [i, end] of ["", "\n", "\r\n"].entries()) assert.equal((await given(what, `${what}-${"x".repeat(16)}${i}${end}`)).code, 0, `${what} ${i}`);
  }
  const added = host.nextLog(/"API key added".*name="stdin"/);
  assert.equal((await given("key", `${"y".repeat(200)}\n`)).code, 0);
  await added;
  assert.equal((await host.request("GET", "/v1/runs", { key: "y".repeat(200) })).status, 200);
});

test("last use is on disk after a stop", async () => {
  const secret = await host.newKey("used", "--allow", "run.read");
  await host.request("GET", "/v1/runs", { key: secret });
  await host.restart();
  const used = (await host.request("GET", "/v1/keys")).json.items.find((k) => k.name === "used");
  assert.ok(used.lastUsedAt >= used.createdAt);
});

test("the audit log tells who did what, newest first, in pages", async () => {
  const { json: key } = await makeKey({ name: "watched", permissions: ["run.read"], projects: ["m"] }, { headers: { "x-request-id": "make-1" } });
  await host.request("DELETE", `/v1/keys/${key.id}`, { headers: { "x-request-id": "drop-1" } });
  await set("pause", "m/echo", { headers: { "x-request-id": "pause-1" } });
  await set("resume", "m/echo", { headers: { "x-request-id": "resume-1" } });
  const { json: run } = await host.fireAsync("m", "slow");
  await host.request("POST", `/v1/runs/${run.runId}/cancel`, { headers: { "x-request-id": "cancel-1" } });
  const page = await audit("?limit=5");
  const rows = page.items.map(({ id, at, ...row }) => row);
  const detail = { name: "watched", permissions: "run.read", projects: "m" };
  assert.deepEqual(rows, [
    { actor: admin, action: "run.cancel", target: run.runId, detail: null, requestId: "cancel-1" },
    { actor: admin, action: "trigger.resume", target: "m/echo", detail: null, requestId: "resume-1" },
    { actor: admin, action: "trigger.pause", target: "m/echo", detail: null, requestId: "pause-1" },
    { actor: admin, action: "key.revoke", target: key.id, detail: null, requestId: "drop-1" },
    { actor: admin, action: "key.create", target: key.id, detail, requestId: "make-1" },
  ]);
  const all = [];
  for (let next = ""; next !== null;) {
    const { items, next: more } = await audit(`?limit=7${next && `&before=${next}`}`);
    assert.ok(items.length <= 7);
    all.push(...items);
    next = more;
  }
  const ids = all.map((row) => Number(row.id));
  assert.deepEqual(ids, [...ids].sort((a, b) => b - a));
  assert.equal(new Set(ids).size, ids.length);
  const first = all.at(-1);
  assert.deepEqual([first.actor, first.action, first.target], ["host", "key.create", admin]);
  assert.ok(all.some((row) => row.actor === "cli" && row.action === "key.create"));
  assert.equal((await host.request("GET", "/v1/audit?limit=201")).status, 400);
  assert.equal((await host.request("GET", "/v1/audit?before=x")).status, 400);
  assert.ok(!JSON.stringify(all).includes("mt_"), "no secret is ever in the log");
});
