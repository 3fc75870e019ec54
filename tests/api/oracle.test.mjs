// SPDX-License-Identifier: MIT
// What is not there, what is paused, what is broken, what was deleted and what a key may not reach are one and the same answer at every
// door: the same bytes, the same headers, and at the same moment (before the body or behind it).
import { after, test } from "node:test";
import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { request, startHost } from "./host.mjs";

const trigger = (fields) => `return trigger { ${fields}, run = function() return 1 end }`;
const host = await startHost({
  scripts: {
    "w/paused.lua": trigger(`paused = true, body = "2KB"`),
    "w/stopped.lua": trigger(`body = "2KB"`),
    "w/broken.lua": `return trigger { body = "2KB",`,
    "w/deleted.lua": trigger(`body = "2KB"`),
    "w/closed.lua": trigger(`webhook = false, body = "2KB"`),
    "w/signed.lua": trigger(`verify = "github", body = "2KB"`),
    "far/there.lua": trigger(`body = "2KB"`),
    "far/signed.lua": trigger(`verify = "github", body = "2KB"`),
  },
});
after(() => host.done());
const key = await host.newKey("near", "--allow", "project.trigger,run.read,trigger.manage", "--project", "w", "--default-project", "w");
const reader = await host.newKey("reader", "--allow", "run.read", "--project", "w");
for (const name of ["stopped", "deleted"]) {
  assert.equal((await host.request("POST", `/v1/triggers/w/${name}/pause`)).status, 200);
}
for (const [project, name] of [["w", "paused"], ["w", "stopped"], ["w", "closed"], ["far", "there"]]) {
  const input = `a-secret-of-${name}\n`;
  const made = await host.cli(["webhook", "create", `${project}/${name}`, "--secret-stdin", "--data", host.data], { input });
  assert.equal(made.code, 0, made.stderr);
}
assert.equal((await host.request("POST", "/v1/triggers/w/deleted/resume")).status, 200);
const gone = host.nextLog(/"trigger deleted" trigger=w\/deleted/);
await host.remove("w/deleted.lua");
await gone;

const bare = ({ status, headers: { date, "x-request-id": id, connection, "keep-alive": keep, ...headers }, text }) =>
  JSON.stringify({ status, headers, text: text.replaceAll(id, "ID") });
// 100 when the body is asked for, else the status that needs none.
async function moment(method, where, headers, bytes) {
  const socket = net.connect(new URL(host.url).port, "127.0.0.1").setEncoding("latin1");
  const lines = Object.entries({ host: "x", ...headers, "content-length": bytes, expect: "100-continue" });
  socket.write(`${method} ${where} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}`).join("\r\n")}\r\n\r\n`);
  const [head] = await once(socket, "data");
  socket.destroy();
  return head.slice(9, 12);
}

// All that a stranger or a key of another project may not tell apart, and the status of it.
const none = ["w/unknown", "far/there", "far/unknown", "nowhere/at-all"];
const unserved = ["w/paused", "w/stopped", "w/broken", "w/deleted", ...none];
const bearer = (token) => ({ authorization: `Bearer ${token}` });
const project = (address) => `/api/v1.0/project/${address.replace("/", "/trigger/")}`;
const native = (address) => `/v1/projects/${address.replace("/", "/triggers/")}/runs`;
const id = (address) => address.replace("/", ".");
const secret = (address) => ({ "x-workflow-secret": `a-secret-of-${address.split("/")[1]}` });
const doors = [
  ["project, a key of the project", 404, unserved.filter((address) => address.startsWith("w/")), project, () => ({ "x-api-key": key })],
  ["project, a key of another", 401, ["far/there", "far/signed", "far/unknown", "nowhere/at-all"], project, () => ({ "x-api-key": key })],
  ["project, a key without the permission", 401, [...unserved, "w/closed", "w/signed"], project, () => ({ "x-api-key": reader })],
  ["project, a wrong key", 401, [...unserved, "w/closed", "w/signed"], project, () => ({ "x-api-key": "mt_wrong" })],
  ["project, no key", 401, [...unserved, "w/closed", "w/signed", "far/signed"], project, () => ({})],
  ["project, a wrong signature", 401, [...unserved, "w/closed", "w/signed", "far/signed"], project, () => ({ "x-hub-signature-256": "sha256=00" })],
  ["scenario", 404, [...unserved, "far/signed"], (address) => `/api/scenario/${id(address)}/trigger/`, () => bearer(key)],
  ["scenario, a key without the permission", 404, [...unserved, "w/closed"], (address) => `/api/scenario/${id(address)}/trigger/`, () => bearer(reader)],
  ["scenario, a wrong key", 401, [...unserved, "w/closed"], (address) => `/api/scenario/${id(address)}/trigger/`, () => bearer("no")],
  ["flow", 404, [...unserved, "far/signed"], (address) => `/api/v1/flow/${id(address)}`, () => bearer(key)],
  ["flow, a key without the permission", 403, [...unserved, "w/closed"], (address) => `/api/v1/flow/${id(address)}`, () => bearer(reader)],
  ["flow, a wrong key", 401, [...unserved, "w/closed"], (address) => `/api/v1/flow/${id(address)}`, () => bearer("no")],
  ["webhook, its own secret", 401, ["w/paused", "w/stopped", "w/closed", "w/unknown"], (address) => `/workflows/trigger?workflowId=${id(address)}`, secret],
  ["webhook, a wrong secret", 401, [...unserved, "w/closed", "w/signed"], (address) => `/workflows/trigger?workflowId=${id(address)}`, () => bearer("no")],
  ["webhook, an API key", 401, [...unserved, "w/closed", "w/signed"], (address) => `/workflows/trigger?workflowId=${id(address)}`, () => bearer(key)],
  ["webhook, nothing", 401, [...unserved, "w/closed", "w/signed"], (address) => `/workflows/trigger?workflowId=${id(address)}`, () => ({})],
  ["native", 404, unserved.filter((address) => address.startsWith("w/")), native, () => ({ "x-api-key": key })],
  ["native, a key of another project", 403, ["far/there", "far/signed", "far/unknown", "nowhere/at-all"], native, () => ({ "x-api-key": key })],
  ["native, a key without the permission", 403, [...unserved, "w/closed"], native, () => ({ "x-api-key": reader })],
  ["native, a wrong key", 401, [...unserved, "w/closed"], native, () => ({ "x-api-key": "mt_wrong" })],
  ["pausing a trigger of another", 404, ["far/there", "far/unknown", "nowhere/at-all"], (address) => `/v1/triggers/${address}/pause`, () => ({ "x-api-key": key })],
];

for (const [name, status, addresses, where, headers] of doors) {
  test(`${name}: one answer, at one moment`, async () => {
    const answers = new Map();
    for (const address of addresses) {
      const at = where(address);
      for (const body of [undefined, "{}", "{", `{"a":"${"x".repeat(3000)}"}`]) {
        const answer = await request("POST", host.url + at, { headers: headers(address), body });
        assert.equal(answer.status, status, `${address} ${answer.text}`);
        answers.set(bare(answer), `${address} ${body?.slice(0, 9)}`);
      }
    }
    assert.equal(answers.size, 1, [...answers].join("\n"));
    for (const bytes of [2, 3000, 2 << 20, 5 << 20]) {
      const moments = new Map();
      for (const address of addresses) moments.set(await moment("POST", where(address), headers(address), bytes), address);
      assert.equal(moments.size, 1, `${bytes}: ${[...moments]}`);
    }
  });
}
