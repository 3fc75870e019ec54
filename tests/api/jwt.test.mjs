// SPDX-License-Identifier: MIT
// JSON Web Tokens as credentials of the flow address and the native API, made by the npm package jose.
import { after, test } from "node:test";
import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import path from "node:path";
import * as jose from "jose";
import { cli, request, startHost } from "./host.mjs";

const ECHO = `return trigger { run = function(event) return event.body end }`;
const scripts = {
  "shop/echo.lua": ECHO,
  "shop/agent.lua": ECHO,
  "shop/slow.lua": `return trigger { wait = false, run = function(event, flow) flow.sleep "1h" end }`,
  "lab/echo.lua": ECHO,
};
const ISSUER = "https://login.example", AUDIENCE = "moontide";
const quiet = { MOONTIDE_AUTH_FAILURES: "0", MOONTIDE_LOG: "debug" };

const pair = async (alg, kid) => {
  const { publicKey, privateKey } = await jose.generateKeyPair(alg, { crv: "Ed25519", modulusLength: 2048 });
  return { alg, kid, privateKey, jwk: { ...(await jose.exportJWK(publicKey)), kid, use: "sig" }, pem: await jose.exportSPKI(publicKey) };
};
const [rs, es, ed, es2, stranger] = await Promise.all([
  pair("RS256", "rs"), pair("ES256", "es"), pair("EdDSA", "ed"), pair("ES256", "es2"), pair("ES256", "es"),
]);
const jwks = (...keys) => JSON.stringify({ keys: keys.map((k) => k.jwk) });
const setting = (fields) => `return { jwt = { algorithms = { "RS256", "ES256", "EdDSA" }, keys = "jwks.json", ${fields} } }`;

const host = await startHost({
  env: quiet,
  scripts: {
    ...scripts,
    "host.lua": setting(`issuer = "${ISSUER}", audience = "${AUDIENCE}"`),
    "jwks.json": jwks(rs, es, ed),
  },
});
after(() => host.done());

const now = () => Math.floor(Date.now() / 1000);
const ALL = ["project.trigger", "run.read", "run.control", "trigger.manage"];
// A token that holds, but for what `claims` and `header` change; null takes a claim away.
function make(claims = {}, { by = es, key = by.privateKey, header = {} } = {}) {
  const all = { iss: ISSUER, aud: AUDIENCE, sub: "ada", exp: now() + 600, iat: now(), permissions: ALL, projects: ["shop"], ...claims };
  const body = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
  return new jose.SignJWT(body).setProtectedHeader({ alg: by.alg, kid: by.kid, ...header }).sign(key, { crit: { exp: true } });
}
const bearer = (token, headers = {}) => ({ key: null, headers: { authorization: `Bearer ${token}`, ...headers } });
const flow = (token, id = "shop.echo", at = host) => at.request("POST", `/api/v1/flow/${id}`, { ...bearer(token), body: { inputs: { a: 1 } } });
const native = (token, where = "/v1/runs", method = "GET", rest = {}) => host.request(method, where, { ...bearer(token), ...rest });
const b64 = (text) => Buffer.from(text).toString("base64url");

test("a token of each algorithm starts a run at the flow address and at the native one", async () => {
  for (const by of [rs, es, ed]) {
    const token = await make({}, { by });
    for (const time of ["new", "known"]) {
      const answer = await flow(token);
      assert.deepEqual([answer.status, answer.json.ok, answer.json.result], [200, true, { a: 1 }], `${by.alg}, ${time}: ${answer.text}`);
    }
    const run = await native(token, "/v1/projects/shop/triggers/echo/runs", "POST", { body: { b: 2 } });
    assert.deepEqual([run.status, run.json.result], [200, { b: 2 }], run.text);
    const read = await native(token, `/v1/runs/${run.json.runId}`);
    assert.deepEqual([read.status, read.json.status], [200, "completed"]);
    const events = await native(token, `/v1/runs/${run.json.runId}/events`, "GET", { headers: { ...bearer(token).headers, accept: "application/json" } });
    assert.equal(events.status, 200);
    const doc = await native(token, "/openapi.json");
    assert.ok(doc.json.paths["/v1/projects/shop/triggers/echo/runs"], "the triggers that it may fire are in the document");
    assert.equal(doc.json.paths["/v1/projects/lab/triggers/echo/runs"], undefined);
  }
});

test("claims may come in other forms that are right", async () => {
  for (const [what, claims, options] of [
    ["aud as a list", { aud: ["else", AUDIENCE] }],
    ["all projects", { projects: "*" }],
    ["all projects in a list", { projects: ["*"] }],
    ["nbf and iat within the leeway", { nbf: now() + 50, iat: now() + 50 }],
    ["no iat", { iat: null }],
    ["exp with a fraction", { exp: now() + 600.5 }],
    ["more claims", { email: "ada@x.example", scope: "a b", address: { street: "é" } }],
    ["unknown permissions", { permissions: ["project.trigger", "else", "PROJECT.TRIGGER", ""] }],
    ["another typ", {}, { header: { typ: "at+jwt" } }],
    ["no kid: the keys that fit are tried", {}, { header: { kid: undefined } }],
    ["a key that it brings along is not looked at", {}, { header: { jwk: stranger.jwk, jku: "https://x.example/keys" } }],
  ]) {
    const answer = await flow(await make(claims, options));
    assert.equal(answer.status, 200, `${what}: ${answer.text}`);
  }
});

// name → token, all of which fail
async function wrongTokens() {
  const good = await make();
  const [head, payload, signature] = good.split(".");
  const secret = (text) => new TextEncoder().encode(text);
  const hs = (key, header = {}) => make({}, { by: { alg: "HS256", kid: "rs" }, key, header });
  const claims = (changed, options) => make(changed, options);
  const n = Buffer.from(rs.jwk.n, "base64url");
  return {
    "alg none": `${b64('{"alg":"none"}')}.${payload}.`,
    "alg none with a signature": `${b64('{"alg":"none"}')}.${payload}.${signature}`,
    "alg NoNe": `${b64('{"alg":"NoNe"}')}.${payload}.${signature}`,
    "HS256 with the public key's PEM": await hs(secret(rs.pem)),
    "HS256 with the public key's modulus": await hs(n),
    "HS256 with the JWK": await hs(secret(JSON.stringify(rs.jwk))),
    "HS256 with nothing": await hs(secret("\0".repeat(32))),
    "an algorithm that is not named": await make({}, { by: { alg: "PS256", kid: "rs" }, key: await jose.importPKCS8(await jose.exportPKCS8(rs.privateKey), "PS256") }),
    "another key of that kid": await make({}, { by: stranger }),
    "a kid that is not there": await make({}, { header: { kid: "none" } }),
    "the kid of another type of key": await make({}, { header: { kid: "rs" } }),
    "crit": await make({}, { header: { crit: ["exp"], exp: 1 } }),
    "expired": await claims({ exp: now() - 1 }),
    "no exp": await claims({ exp: null }),
    "exp as a text": await claims({ exp: String(now() + 600) }),
    "nbf ahead": await claims({ nbf: now() + 90 }),
    "iat ahead": await claims({ iat: now() + 90 }),
    "another issuer": await claims({ iss: `${ISSUER}/` }),
    "no issuer": await claims({ iss: null }),
    "another audience": await claims({ aud: "else" }),
    "other audiences": await claims({ aud: ["else", "more"] }),
    "no audience": await claims({ aud: null }),
    "no subject": await claims({ sub: null }),
    "a subject that breaks lines": await claims({ sub: "ada\nroot" }),
    "a long subject": await claims({ sub: "s".repeat(256) }),
    "projects in one text": await claims({ projects: "shop" }),
    "projects that hide a star": await claims({ projects: ["shop,*"] }),
    "permissions in one text": await claims({ permissions: "project.trigger" }),
    "a name twice in the header": `${b64('{"alg":"ES256","alg":"ES256"}')}.${payload}.${signature}`,
    "truncated": good.slice(0, -2),
    "without a signature": `${head}.${payload}.`,
    "of two parts": `${head}.${payload}`,
    "of four parts": `${good}.${signature}`,
    "of five parts": `${head}.${payload}.${signature}.${payload}.${signature}`,
    "another last bit, of those left over": `${good.slice(0, -1)}${twin(good.at(-1))}`,
    "with padding": `${good}==`,
    "another payload": `${head}.${b64(JSON.stringify({ sub: "eve", exp: now() + 600 }))}.${signature}`,
    "over 8 KB": await claims({ more: "m".repeat(6200) }),
    "nothing": "..",
  };
}
// Of 64 signature bytes the last base64url character holds 4 bits too many: this one decodes to the same bytes in lax decoders.
function twin(c) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return alphabet[alphabet.indexOf(c) ^ 1];
}

const bare = ({ status, headers: { date, "x-request-id": id, connection, "keep-alive": keep, ...headers }, text }) => ({
  status, headers, text: text.replaceAll(id, "ID"),
});

test("a token that fails is told what a wrong key is told, byte for byte, on every route", async () => {
  const routes = [
    ["POST", "/api/v1/flow/shop.echo"],
    ["POST", "/api/v1/flow/none"],
    ["GET", "/v1/runs"],
    ["POST", "/v1/projects/shop/triggers/echo/runs"],
    ["GET", "/v1/runs/run_01k00000000000000000000000/events"],
    ["GET", "/openapi.json"],
  ];
  const ask = async ([method, where], token) => bare(await host.request(method, where, { ...bearer(token), body: method === "POST" ? {} : undefined }));
  const wrongKey = await Promise.all(routes.map((route) => ask(route, `mt_${"A".repeat(43)}`)));
  for (const answer of wrongKey) assert.equal(answer.status, 401);
  for (const [what, token] of Object.entries(await wrongTokens()))
    for (const [i, route] of routes.entries()) assert.deepEqual(await ask(route, token), wrongKey[i], `${what} at ${route[1]}`);
});

test("the debug log says why, and shows no token", async () => {
  const token = await make({ exp: now() - 1 });
  const line = host.nextLog(/"token refused"/);
  await flow(token);
  assert.match(await line, /debug .*"token refused" reason="exp is over" peer=127\.0\.0\.1 request=req_/);
  assert.ok(!host.log.some((l) => l.includes(token.split(".")[2]) || l.includes(token.split(".")[1])));
});

test("other doors take no token: their 401 is that of a wrong key", async () => {
  const token = await make({ projects: "*" });
  for (const [method, where, headers, body] of [
    ["POST", "/api/agent/trigger/", { authorization: `Bearer ${token}` }, { session_id: "s" }],
    ["POST", "/api/scenario/shop.echo/trigger/", { authorization: `Bearer ${token}` }, { session_id: "s" }],
    ["POST", "/api/v1.0/project/shop/trigger/echo", { authorization: `Bearer ${token}` }, {}],
    ["POST", "/api/v1.0/project/shop/trigger/echo", { "x-api-key": token }, {}],
    ["POST", "/workflows/trigger?workflowId=shop.echo", { authorization: `Bearer ${token}` }, {}],
    ["GET", "/v1/runs", { "x-api-key": token }],
    ["GET", "/v1/runs", { authorization: `Bearer ${token}`, "x-api-key": "mt_wrong" }],
    ["GET", "/v1/runs", { authorization: `Basic ${token}` }],
    ["GET", `/v1/runs/run_01k00000000000000000000000/events?token=${token}`, {}],
  ]) {
    const answer = await host.request(method, where, { key: null, headers, body });
    assert.equal(answer.status, 401, `${where}: ${answer.text}`);
  }
  const both = await host.request("GET", "/v1/runs", { headers: { authorization: "Bearer a.b.c" } });
  assert.equal(both.status, 200, "an x-api-key decides alone");
});

test("projects and permissions hold as they do for keys", async () => {
  const reader = await make({ permissions: ["run.read"] });
  const nobody = await make({ permissions: null, projects: null });
  const lab = await make({ projects: ["lab"] });
  const run = (await flow(await make())).json.runId;
  const other = (await flow(lab, "lab.echo")).json.runId;
  for (const [status, token, method, where] of [
    [403, reader, "POST", "/v1/projects/shop/triggers/echo/runs"],
    [403, reader, "POST", "/api/v1/flow/shop.echo"],
    [200, reader, "GET", `/v1/runs/${run}`],
    [404, reader, "GET", `/v1/runs/${other}`],
    [404, reader, "POST", `/v1/runs/${run}/cancel`],
    [403, reader, "POST", "/v1/triggers/shop/echo/pause"],
    [404, lab, "POST", "/api/v1/flow/shop.echo"],
    [403, lab, "POST", "/v1/projects/shop/triggers/echo/runs"],
    [404, lab, "GET", `/v1/runs/${run}`],
    [403, nobody, "GET", "/v1/runs"],
    [403, nobody, "POST", "/api/v1/flow/shop.echo"],
  ]) {
    const answer = await native(token, where, method, { body: method === "POST" ? {} : undefined });
    assert.equal(answer.status, status, `${method} ${where}: ${answer.text}`);
  }
});

test("the list of runs holds those of the token's projects", async () => {
  await flow(await make());
  await flow(await make({ projects: ["lab"] }), "lab.echo");
  const projects = async (claims) => {
    const answer = await native(await make(claims), "/v1/runs?limit=200");
    assert.equal(answer.status, 200);
    return [...new Set(answer.json.items.map((run) => run.project))].sort();
  };
  assert.deepEqual(await projects({ projects: ["shop"] }), ["shop"]);
  assert.deepEqual(await projects({ projects: ["lab"] }), ["lab"]);
  assert.deepEqual(await projects({ projects: ["shop", "lab"] }), ["lab", "shop"]);
  assert.deepEqual(await projects({ projects: ["shop", "*"] }), ["lab", "shop"]);
  assert.deepEqual(await projects({ projects: [] }), []);
  assert.deepEqual(await projects({ projects: ["none"] }), []);
  const triggers = await native(await make({ projects: ["lab"] }), "/v1/triggers");
  assert.deepEqual(triggers.json.items.map((t) => `${t.project}/${t.key}`), ["lab/echo"]);
});

test("no token manages keys or secrets, whatever it claims", async () => {
  const token = await make({ projects: "*", permissions: [...ALL, "*", "key.manage", "secret.manage", "widget.trigger"] });
  for (const [method, where, body] of [
    ["GET", "/v1/keys"],
    ["POST", "/v1/keys", { name: "mine", permissions: ["run.read"], projects: ["shop"] }],
    ["GET", "/v1/secrets"],
    ["POST", "/v1/secrets", { name: "A", value: "b", hosts: ["a.example"] }],
    ["GET", "/v1/audit"],
  ]) {
    const answer = await native(token, where, method, { body });
    assert.equal(answer.status, 403, `${method} ${where}: ${answer.text}`);
  }
});

test("its subject is who did it: in the audit log, in the log and in what is paused", async () => {
  const logged = host.nextLog(/"trigger paused"/);
  const token = await make({ sub: "auth0|grace hopper" });
  const paused = await native(token, "/v1/triggers/shop/slow/pause", "POST");
  assert.deepEqual([paused.status, paused.json.paused.by], [200, "jwt:auth0|grace hopper"]);
  assert.match(await logged, /by="jwt:auth0\|grace hopper"/);
  assert.equal((await native(token, "/v1/triggers/shop/slow/resume", "POST")).status, 200);
  const started = await native(token, "/v1/projects/shop/triggers/slow/runs", "POST");
  assert.equal(started.status, 202);
  assert.equal((await native(token, `/v1/runs/${started.json.runId}/cancel`, "POST")).status, 202);
  const rows = (await host.request("GET", "/v1/audit")).json.items.filter((row) => row.actor === "jwt:auth0|grace hopper");
  assert.deepEqual(rows.map((row) => row.action), ["run.cancel", "trigger.resume", "trigger.pause"]);
});

test("an Idempotency-Key is the subject's, whichever token it brings", async () => {
  const once = async (claims) => {
    const answer = await host.request("POST", "/api/v1/flow/shop.echo", { ...bearer(await make(claims), { "idempotency-key": "k1" }), body: {} });
    assert.equal(answer.status, 200, answer.text);
    return answer.json.runId;
  };
  const first = await once({ sub: "ada" });
  assert.equal(await once({ sub: "ada", iat: now() - 5 }), first);
  assert.notEqual(await once({ sub: "eve" }), first);
  const keyed = await host.request("POST", "/api/v1/flow/shop.echo", { key: null, headers: { authorization: `Bearer ${host.key}`, "idempotency-key": "k1" }, body: {} });
  assert.notEqual(keyed.json.runId, first);
});

test("the keys of the file are followed; a broken one leaves those that were", async () => {
  const [old, fresh] = [await make({}, { by: es }), await make({}, { by: es2 })];
  assert.deepEqual([(await flow(old)).status, (await flow(fresh)).status], [200, 401]);

  await host.write("jwks.json", jwks(rs, ed, es, es2));
  assert.deepEqual([(await flow(fresh)).status, (await flow(old)).status], [200, 200], "both, to change over");

  await host.write("jwks.json", jwks(rs, ed, es2));
  assert.equal((await flow(await make({ sub: "eve" }, { by: es }))).status, 401, "looked at for each token that is new");
  assert.deepEqual([(await flow(old)).status, (await flow(fresh)).status], [401, 200], "and what the old key signed is known no more");

  for (const broken of ["{", `{"keys":[]}`, jwks({ jwk: { ...es.jwk, d: "AAAA" } })]) {
    const complaint = host.nextLog(/error.*"the keys of tokens could not be read, the ones known stay" count=3 reason=/);
    await host.write("jwks.json", broken);
    assert.equal((await flow(await make({ sub: broken.length + "" }, { by: es2 }))).status, 200);
    await complaint;
  }
  const complaints = () => host.log.filter((line) => line.includes("could not be read")).length;
  const before = complaints();
  for (let i = 0; i < 3; i++) assert.equal((await flow(await make({ sub: `more ${i}` }, { by: es2 }))).status, 200);
  assert.equal(complaints(), before, "said once");

  const loaded = host.nextLog(/"keys of tokens loaded" count=3/);
  await host.write("jwks.json", jwks(rs, ed, es));
  assert.deepEqual([(await flow(old)).status, (await flow(fresh)).status], [200, 401]);
  await loaded;
});

test("PEM keys have no kid and serve tokens of any", async (t) => {
  const folder = path.join(host.folder, "pem");
  await fs.mkdir(folder);
  await fs.writeFile(path.join(folder, "keys.pem"), rs.pem + es.pem + ed.pem);
  const pem = await startHost({ t, scripts, args: ["--jwt-algorithms", "RS256,ES256,EdDSA", "--jwt-keys", path.join(folder, "keys.pem")] });
  for (const by of [rs, es, ed]) {
    assert.equal((await flow(await make({ aud: null }, { by, header: { kid: "any" } }), "shop.echo", pem)).status, 200, by.alg);
  }
  assert.equal((await flow(await make({ aud: null }, { by: stranger }), "shop.echo", pem)).status, 401);
  assert.equal((await flow(await make({}, { by: es }), "shop.echo", pem)).status, 401, "an aud, but no jwt.audience: it is for somebody else");
});

test("HS256 by a secret of the vault, which can be changed while the host runs", async (t) => {
  const folder = await fs.mkdtemp(path.join(host.folder, "hs-"));
  const data = path.join(folder, "data");
  const set = (value) => cli(["secret", "set", "JWT_KEY", "--verify", "--data", data], { input: value });
  const serve = () => cli(["serve", "--data", data, "--scripts", path.join(folder, "none"), "--listen", "127.0.0.1:0"], { env: settings });
  const settings = { MOONTIDE_JWT_ALGORITHMS: "HS256", MOONTIDE_JWT_SECRET: "JWT_KEY" };
  await fs.mkdir(path.join(folder, "none"));
  const missing = await serve();
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /jwt\.secret: there is no secret JWT_KEY: `openssl rand -hex 32 \| moontide secret set JWT_KEY --verify` makes one/);
  assert.equal((await set("x".repeat(31))).code, 0);
  const short = await serve();
  assert.equal(short.code, 1);
  assert.match(short.stderr, /jwt\.secret: JWT_KEY has 31 bytes, at least 32 are needed/);

  const first = "first-".repeat(6), second = "second".repeat(6);
  assert.equal((await set(first)).code, 0);
  const hs = await startHost({ t, scripts, env: settings, args: ["--data", data] });
  const by = (text) => make({ aud: null }, { by: { alg: "HS256" }, key: new TextEncoder().encode(text) });
  const ask = async (text) => (await flow(await by(text), "shop.echo", hs)).status;
  const known = await by(first);
  assert.deepEqual([await ask(first), await ask(second)], [200, 401]);
  assert.equal((await flow(known, "shop.echo", hs)).status, 200);
  assert.equal((await flow(await make({ aud: null }, { by: es }), "shop.echo", hs)).status, 401, "ES256 is not named");
  const taken = hs.nextLog(/"secrets loaded"/);
  assert.equal((await set(second)).code, 0);
  await taken;
  assert.deepEqual([await ask(first), await ask(second), (await flow(known, "shop.echo", hs)).status], [401, 200, 401]);
});

test("a mistake in the setting ends the start, with its line", async () => {
  const folder = await fs.mkdtemp(path.join(host.folder, "bad-"));
  const start = async (lua) => {
    await fs.writeFile(path.join(folder, "host.lua"), lua);
    const end = await cli(["serve", "--scripts", folder, "--data", path.join(folder, "data"), "--listen", "127.0.0.1:0"]);
    return [end.code, end.stderr.trim().split("\n").at(-1)];
  };
  await fs.writeFile(path.join(folder, "private.pem"), await jose.exportPKCS8(es.privateKey));
  for (const [code, lua, text] of [
    [2, `return {\n  jwt = {\n    algorithm = { "RS256" } } }`, `moontide: scripts/host.lua:3: jwt.algorithm: unknown setting, did you mean "jwt.algorithms"?`],
    [2, `return {\n  jwt = { algorithms = { "none" } } }`, `moontide: scripts/host.lua:2: jwt.algorithms: HS256, RS256, ES256 or EdDSA is needed, not "none"`],
    [2, `return {\n\n jwt = { algorithms = { "HS256" }, keys = "a.pem" } }`, "moontide: scripts/host.lua:3: jwt.algorithms: HS256 needs jwt.secret; jwt.keys holds public keys"],
    [2, `return {\n  jwt = { issuer = "i" } }`, "moontide: scripts/host.lua:2: jwt: one of jwt.keys (a file of public keys) and jwt.secret (the name of a secret) is needed"],
    [2, "return {\n", "moontide: scripts/host.lua:2: unexpected symbol near <eof>"],
    [1, `return { jwt = { algorithms = { "ES256" }, keys = "none.pem" } }`, `moontide: jwt.keys: reading ${folder}/none.pem: No such file or directory`],
    [1, `return { jwt = { algorithms = { "ES256" }, keys = "private.pem" } }`, `moontide: jwt.keys: ${folder}/private.pem: it holds a private key, which does not belong here: \`openssl pkey -in KEY -pubout\` writes the public one`],
  ])
    assert.deepEqual(await start(lua), [code, text]);
});

test("without the setting a token is a wrong key", async (t) => {
  const plain = await startHost({ t, scripts });
  assert.equal((await flow(await make({ aud: null }), "shop.echo", plain)).status, 401);
  const answer = await request("GET", `${plain.url}/v1/runs`, { headers: { authorization: `Bearer ${await make()}` } });
  assert.equal(answer.status, 401);
});
