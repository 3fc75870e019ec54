// SPDX-License-Identifier: MIT
// Whoever tries credentials waits; whoever has one does not. An interval of 9 s is never waited for: the host's end says at once what
// is still to be said.
import { test } from "node:test";
import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { closing, request, startHost } from "./host.mjs";

const echo = (fields = "") => `return trigger { ${fields} run = function(event) return 1 end }`;
const scripts = { "w/plain.lua": echo(), "w/signed.lua": echo(`verify = "github",`), "w/agent.lua": echo(), "w/paused.lua": echo("paused = true,") };
const begin = (t, settings) => startHost({ t, scripts, env: { MOONTIDE_AUTH_FAILURES: "2", MOONTIDE_AUTH_FAILURE_INTERVAL: "9s", ...settings } });
const FIRE = "/api/v1.0/project/w/trigger/";
const wrong = { "x-api-key": "mt_wrong" };

// Every way to be told 401, for what there is and for what there is not.
const doors = [
  ["GET", "/v1/runs", { headers: wrong }],
  ["GET", "/v1/runs/run_1/events?token=1.2.3", {}],
  ["GET", "/openapi.json", { headers: wrong }],
  ["POST", `${FIRE}plain`, { headers: wrong, body: {} }],
  ["POST", `${FIRE}plain`, { body: {} }],
  ["POST", `${FIRE}signed`, { body: {}, headers: { "x-hub-signature-256": "sha256=00" } }],
  ["POST", `${FIRE}unknown`, { body: {}, headers: { "x-hub-signature-256": "sha256=00" } }],
  ["POST", "/v1/projects/w/triggers/plain/runs", { headers: wrong, body: {} }],
  ["POST", "/api/agent/trigger/", { headers: { authorization: "Bearer no" }, body: {} }],
  ["POST", "/api/scenario/w.plain/trigger/", { headers: { authorization: "Bearer no" }, body: {} }],
  ["POST", "/api/v1/flow/w.plain", { headers: { authorization: "Bearer no" }, body: {} }],
  ["POST", "/workflows/trigger?workflowId=w.plain", { headers: { "x-workflow-secret": "no" }, body: {} }],
  ["POST", "/workflows/trigger?workflowId=w.unknown", { headers: { "x-workflow-secret": "no" }, body: {} }],
];
const bare = ({ status, headers: { date, "x-request-id": id, connection, "keep-alive": keep, ...headers }, text }) => ({
  status,
  headers,
  text: text.replaceAll(id, "ID"),
});

test("the first so many are answered at once, the next waits, a right credential does not", async (t) => {
  const host = await begin(t);
  const [method, where, options] = doors[0];
  const ask = () => request(method, host.url + where, options);
  const first = await ask();
  assert.equal(first.status, 401);
  assert.equal((await ask()).status, 401);
  const told = host.nextLog(/"wrong credentials: their answers are delayed" client=127\.0\.0\.1 times=1$/);
  let late = ask().then((answer) => (late = answer));
  await told;
  assert.equal((await host.fire("w", "plain", {})).status, 200);
  assert.equal((await host.fire("w", "unknown", {})).status, 404); // only 401 waits
  assert.ok(late instanceof Promise);
  const full = await ask(); // 18 s from now: the line is full
  assert.equal(full.status, 429);
  assert.equal(full.headers["retry-after"], "9");
  assert.equal(full.json.code, "rate_limited");
  assert.match(full.json.detail, /too many wrong credentials came from this address/);
  assert.equal((await host.fire("w", "plain", {})).status, 200);
  assert.equal(host.log.filter((line) => line.includes("wrong credentials")).length, 1); // once a minute
  await host.stop();
  await late;
  assert.deepEqual(bare(late), bare(first));
});

test("every door waits, with the answer that it gives at once", async (t) => {
  const host = await begin(t, { MOONTIDE_AUTH_FAILURES: "1", MOONTIDE_TRUSTED_PROXIES: "127.0.0.1" });
  const pairs = [];
  for (const [i, [method, where, options]] of doors.entries()) {
    const ask = () => request(method, host.url + where, { ...options, headers: { ...options.headers, "x-forwarded-for": `192.0.2.${i}` } });
    const now = await ask();
    const both = [ask(), ask()]; // one waits; for the other the line is full: both are in
    assert.equal((await Promise.race(both)).status, 429, where);
    pairs.push([where, now, both]);
  }
  await host.stop();
  for (const [where, now, both] of pairs) {
    const later = (await Promise.all(both)).find(({ status }) => status !== 429);
    assert.equal(now.status, 401, where);
    assert.deepEqual(bare(later), bare(now), where);
  }
});

test("addresses count one by one, IPv6 by /64, as seen through a trusted proxy", async (t) => {
  const host = await begin(t, { MOONTIDE_AUTH_FAILURES: "1", MOONTIDE_AUTH_FAILURE_INTERVAL: "1m", MOONTIDE_TRUSTED_PROXIES: "127.0.0.1" });
  const from = async (address) => (await host.request("GET", "/v1/runs", { key: "mt_wrong", headers: { "x-forwarded-for": address } })).status;
  assert.equal(await from("2001:db8:0:1::1"), 401);
  assert.equal(await from("2001:db8:0:1:2:3:4:5"), 429);
  assert.equal(await from("2001:db8:0:2::1"), 401);
  assert.equal(await from("192.0.2.1"), 401);
  assert.equal(await from("192.0.2.2"), 401);
  assert.equal(await from("::ffff:192.0.2.2"), 429);
  assert.equal(await from("192.0.2.1, 192.0.2.3"), 401); // what a client wrote in front does not count
  assert.equal(await from("192.0.2.9, 192.0.2.3"), 429);
});

test("nothing that comes behind the head brings the answer forward", async (t) => {
  const host = await begin(t, { MOONTIDE_AUTH_FAILURES: "1", MOONTIDE_REQUEST_TIMEOUT: "1s", MOONTIDE_TRUSTED_PROXIES: "127.0.0.1" });
  const tails = {
    "a malformed chunk": ["Transfer-Encoding: chunked", "zz\r\n\r\n"],
    "a body over the limit": ["Content-Length: 9000000", "{}"],
    "a chunk over the limit": ["Transfer-Encoding: chunked", "900000\r\n"],
    "a body that stops": ["Content-Length: 10", "{"],
    "no body where one is due": ["Content-Length: 10\r\nExpect: 100-continue", ""],
    "a second request": ["Content-Length: 2", "{}GET / HTTP/1.1\r\n\r\n"],
  };
  const { hostname, port } = new URL(host.url);
  const answers = [];
  for (const [i, [name, [header, body]]] of Object.entries(tails).entries()) {
    const address = `192.0.2.${i}`;
    assert.equal((await host.request("GET", "/v1/runs", { key: "mt_wrong", headers: { "x-forwarded-for": address } })).status, 401);
    const socket = net.connect(port, hostname).setEncoding("latin1");
    await once(socket, "connect");
    socket.write(`POST ${FIRE}plain HTTP/1.1\r\nHost: x\r\nX-Api-Key: mt_wrong\r\nX-Forwarded-For: ${address}\r\n${header}\r\n\r\n${body}`);
    const got = { name, text: "" };
    socket.on("data", (part) => (got.text += part)).on("error", () => {});
    got.end = closing(socket);
    answers.push(got);
  }
  // The door gives up on a request that does not come: by then each of the above has had its say as well.
  const late = net.connect(port, hostname).resume();
  late.write("GET /v1/runs HTTP/1.1\r\n");
  await once(late, "close");
  for (const { name, text } of answers) assert.equal(text, "", name);
  await host.stop();
  for (const { name, text, end } of answers) {
    await end;
    assert.equal(text.match(/^HTTP\/1.1 401 /gm)?.length, 1, `${name}: ${text}`);
    assert.ok(text.startsWith("HTTP/1.1 401 "), name);
  }
});

test("a client that goes while its answer waits leaves nothing behind", async (t) => {
  const host = await begin(t, { MOONTIDE_AUTH_FAILURES: "1", MOONTIDE_AUTH_FAILURE_INTERVAL: "50ms" });
  const leave = new AbortController();
  await host.request("GET", "/v1/runs", { key: "mt_wrong" });
  const told = host.nextLog(/wrong credentials/);
  const gone = host.request("GET", "/v1/runs", { key: "mt_wrong", signal: leave.signal }).catch((error) => error.name);
  await told;
  leave.abort();
  assert.equal(await gone, "AbortError");
  assert.equal((await host.request("GET", "/v1/runs", { key: "mt_wrong" })).status, 401); // behind it in the line
});
