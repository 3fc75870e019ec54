// SPDX-License-Identifier: MIT
// Which addresses are let in: lists of the host and of a trigger, and who the client is behind trusted proxies.
import { test } from "node:test";
import assert from "node:assert/strict";
import net from "node:net";
import { cli, startHost } from "./host.mjs";

const echo = (fields) => `return trigger { ${fields} run = function() return "in" end }`;
const scripts = {
  "a/open.lua": echo(`id = "open",`),
  "a/allowed.lua": echo(`id = "allowed", allow = { "198.51.100.0/24", "2001:db8::/32" },`),
  "a/blocked.lua": echo(`id = "blocked", block = { "198.51.100.7", "::ffff:203.0.113.0/120" },`),
  "a/both.lua": echo(`id = "both", allow = { "198.51.100.0/24" }, block = { "198.51.100.7" },`),
  "a/agent.lua": echo(`allow = { "198.51.100.0/24" },`),
};
const from = (address) => ({ "x-forwarded-for": address });
const denied = (answer, code = "code") => {
  assert.equal(answer.status, 403, answer.text);
  assert.equal(answer.json[code], "address_denied");
};
const letIn = (answer) => assert.ok([200, 202].includes(answer.status), answer.text);

test("a trigger's lists, seen through a trusted proxy", async (t) => {
  const host = await startHost({ t, scripts, args: ["--trusted-proxies", "127.0.0.1,10.0.0.0/8"] });
  const fire = (key, headers = {}) => host.fire("a", key, {}, { headers });
  letIn(await fire("open", from("198.51.100.7")));
  letIn(await fire("allowed", from("198.51.100.7")));
  letIn(await fire("allowed", from("::ffff:198.51.100.7")));
  letIn(await fire("allowed", from("[2001:db8::1]:443")));
  letIn(await fire("allowed", from("6.6.6.6, 198.51.100.7, 10.1.1.1")));
  letIn(await fire("allowed", { forwarded: `for="[2001:db8::1]:443";proto=https` }));
  letIn(await fire("blocked", from("198.51.100.8")));
  letIn(await fire("both", from("198.51.100.8")));
  denied(await fire("allowed"));
  denied(await fire("allowed", from("192.0.2.1")));
  denied(await fire("allowed", from("198.51.100.7, 192.0.2.1"))); // the client wrote the first itself
  denied(await fire("allowed", from("nonsense")));
  denied(await fire("allowed", { forwarded: "for=unknown" }));
  denied(await fire("allowed", { ...from("198.51.100.7"), forwarded: "for=192.0.2.1" }));
  denied(await fire("blocked", from("198.51.100.7")));
  denied(await fire("blocked", from("203.0.113.99")));
  denied(await fire("blocked", from("nonsense"))); // who hides is not let in either
  denied(await fire("both", from("198.51.100.7")));
});

test("every door of a trigger has its lists, and none tells a stranger of them", async (t) => {
  const host = await startHost({ t, scripts, args: ["--trusted-proxies", "127.0.0.1"] });
  const known = host.nextLog(/"webhook secret added"/);
  const made = await host.cli(["webhook", "create", "a/allowed", "--data", host.data]);
  assert.equal(made.code, 0, made.stderr);
  await known;
  const key = await host.newKey("a", "--allow", "project.trigger", "--project", "a", "--default-project", "a");
  const bearer = (token) => ({ authorization: `Bearer ${token}` });
  const doors = [
    ["/api/v1.0/project/a/trigger/allowed", (k) => ({ "x-api-key": k }), {}, "code"],
    ["/v1/projects/a/triggers/allowed/runs", (k) => ({ "x-api-key": k }), {}, "code"],
    ["/api/v1/flow/allowed", bearer, {}, "code"],
    ["/api/scenario/allowed/trigger/", bearer, { session_id: "s" }, "reason"],
    ["/api/agent/trigger/", bearer, { session_id: "s" }, "reason"],
  ];
  for (const [where, headers, body, code] of doors) {
    const ask = (k, address) => host.request("POST", where, { key: null, body, headers: { ...headers(k), ...from(address) } });
    letIn(await ask(key, "198.51.100.1"));
    denied(await ask(key, "192.0.2.1"), code);
    assert.equal((await ask("mt_wrong", "192.0.2.1")).status, 401, where);
    assert.equal((await ask("mt_wrong", "198.51.100.1")).status, 401, where);
  }
  const hook = (secret, address) =>
    host.request("POST", "/workflows/trigger?workflowId=allowed", { key: null, headers: { "x-workflow-secret": secret, ...from(address) } });
  letIn(await hook(made.stdout.trim(), "198.51.100.1"));
  denied(await hook(made.stdout.trim(), "192.0.2.1"));
  assert.equal((await hook("wrong", "192.0.2.1")).status, 401);
  letIn(await host.request("GET", "/v1/runs", { headers: from("192.0.2.1") })); // a trigger's lists are for starting it
});

test("from a peer that is no trusted proxy the headers mean nothing", async (t) => {
  const host = await startHost({ t, scripts });
  denied(await host.fire("a", "allowed", {}, { headers: from("198.51.100.7") }));
  letIn(await host.fire("a", "blocked", {}, { headers: from("198.51.100.7") }));
});

test("the host's own lists hold for every trigger and for the rest of the API", async (t) => {
  const args = ["--trusted-proxies", "127.0.0.1", "--allow", "198.51.100.0/24,192.0.2.0/24", "--block", "198.51.100.7"];
  const host = await startHost({ t, scripts, args });
  const ask = (method, where, address, options) => host.request(method, where, { headers: from(address), ...options });
  letIn(await ask("POST", "/api/v1.0/project/a/trigger/open", "192.0.2.1"));
  letIn(await ask("POST", "/api/v1.0/project/a/trigger/allowed", "198.51.100.1"));
  denied(await ask("POST", "/api/v1.0/project/a/trigger/allowed", "192.0.2.1")); // both must agree
  denied(await ask("POST", "/api/v1.0/project/a/trigger/open", "198.51.100.7"));
  denied(await ask("POST", "/api/v1.0/project/a/trigger/open", "203.0.113.1"));
  denied(await ask("GET", "/v1/runs", "203.0.113.1"));
  letIn(await ask("GET", "/v1/runs", "192.0.2.1"));
  assert.equal((await ask("GET", "/v1/runs", "203.0.113.1", { key: "mt_wrong" })).status, 401);
  assert.equal((await ask("GET", "/healthz", "203.0.113.1", { key: null })).status, 200);
});

// A connection that begins with `head`; resolves with all that comes back until it is closed.
async function speak(host, head, where = "/api/v1.0/project/a/trigger/allowed", headers = "") {
  const socket = net.connect(new URL(host.url).port, "127.0.0.1");
  const parts = [];
  socket.on("data", (part) => parts.push(part));
  socket.on("error", () => {}); // closed while we wrote
  const closed = new Promise((resolve) => socket.on("close", resolve)); // once() throws the error
  socket.write(head);
  socket.write(`POST ${where} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nx-api-key: ${host.key}\r\n${headers}Content-Length: 2\r\n\r\n{}`);
  await closed;
  return Buffer.concat(parts).toString();
}
const status = (answer) => Number(/^HTTP\/1.1 (\d+)/.exec(answer)?.[1]);
function proxyHead(address, { command = 0x21 } = {}) {
  const head = Buffer.from("0d0a0d0a000d0a515549540a0011000c", "hex");
  head[12] = command;
  return Buffer.concat([head, Buffer.from(address.split(".").map(Number)), Buffer.from([127, 0, 0, 1, 0x12, 0x34, 0, 80])]);
}

test("PROXY protocol: the client is whom the proxy names, in front of each connection", async (t) => {
  const env = { MOONTIDE_TRUSTED_PROXIES: "127.0.0.1,10.0.0.0/8", MOONTIDE_PROXY_PROTOCOL: "true" };
  const host = await startHost({ t, scripts, env });
  assert.equal(status(await speak(host, proxyHead("198.51.100.7"))), 200);
  assert.equal(status(await speak(host, proxyHead("192.0.2.1"))), 403);
  assert.equal(status(await speak(host, proxyHead("192.0.2.1"), undefined, "x-forwarded-for: 198.51.100.7\r\n")), 403);
  assert.equal(status(await speak(host, proxyHead("10.0.0.1"), undefined, "x-forwarded-for: 198.51.100.7\r\n")), 200);
  assert.equal(status(await speak(host, proxyHead("0.0.0.0", { command: 0x20 }))), 403); // itself
  assert.equal(status(await speak(host, proxyHead("0.0.0.0", { command: 0x20 }), "/api/v1.0/project/a/trigger/open")), 200);
  assert.equal(await speak(host, ""), ""); // closed without a word
  assert.equal(await speak(host, "PROXY TCP4 198.51.100.7 127.0.0.1 1 2\r\n"), "");
  assert.equal(await speak(host, proxyHead("198.51.100.7", { command: 0x2f })), "");
});

test("PROXY protocol: who is no trusted proxy is not heard", async (t) => {
  const host = await startHost({ t, scripts, args: ["--trusted-proxies", "10.0.0.0/8", "--proxy-protocol", "true"] });
  assert.equal(await speak(host, proxyHead("198.51.100.7")), "");
  await host.stop();
  const refused = await cli(["serve", "--scripts", host.scripts, "--data", host.data, "--proxy-protocol", "true"]);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /proxy_protocol: trusted_proxies must name those who may speak it/);
});
