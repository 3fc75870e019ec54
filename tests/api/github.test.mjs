// SPDX-License-Identifier: MIT
// Real GitHub push payloads (npm @octokit/webhooks-examples), posted with curl to scripts/github/push.lua as it stands.
import { after, test } from "node:test";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { EventSource } from "eventsource";
import { startHost } from "./host.mjs";

const examples = createRequire(import.meta.url)("@octokit/webhooks-examples");
const pushes = examples.find(({ name }) => name === "push").examples;
const onMaster = pushes.filter(({ ref }) => ref === "refs/heads/master");
const host = await startHost({ scripts: fileURLToPath(new URL("../../scripts", import.meta.url)) });
after(() => host.done());

// curl as a webhook's sender would call it: {status, json}.
async function curl(args, input) {
  const child = spawn("curl", ["--noproxy", "*", "-sS", ...args], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(input);
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (part) => (text += part));
  const [code] = await once(child, "close");
  assert.equal(code, 0);
  return text;
}
async function push(payload) {
  const where = `${host.url}/api/v1.0/project/github/trigger/push`;
  const headers = ["-H", `x-api-key: ${host.key}`, "-H", "content-type: application/json", "-H", "x-github-event: push"];
  const text = await curl(["-X", "POST", ...headers, "--data-binary", "@-", "-w", "\n%{http_code}", where], JSON.stringify(payload));
  const [, json, status] = /^(.*)\n(\d+)$/s.exec(text);
  return { status: Number(status), json: JSON.parse(json) };
}

const expected = (payload) => {
  const files = payload.commits.reduce((sum, { added, removed, modified }) => sum + added.length + removed.length + modified.length, 0);
  const lines = payload.commits.map(({ message, author }, n) => `${n + 1}. ${message} (${author.name})\n`);
  const head = `${payload.pusher.name} pushed to ${payload.repository.full_name}:\n`;
  return { commits: payload.commits.length, files, summary: `${head}${lines.join("")}All of it: ${payload.compare}\n` };
};

test("there are real payloads for the main branch and for others", () => {
  assert.ok(onMaster.length > 0);
  assert.ok(pushes.length > onMaster.length);
});

test("a push to the main branch is summed up and each commit is a step", async () => {
  for (const payload of onMaster) {
    const { status, json } = await push(payload);
    assert.equal(status, 200, JSON.stringify(json));
    assert.deepEqual(json.response, expected(payload));
    const records = await host.events(json.runId);
    const done = records.filter(({ type }) => type === "step.completed");
    assert.deepEqual(done.map(({ step }) => step.name), payload.commits.map(({ id }) => `commit ${id.slice(0, 7)}`));
    const logs = records.filter(({ type }) => type === "log");
    assert.deepEqual(logs.map(({ data }) => data.message), payload.commits.map(({ message }) => message.split("\n")[0]));
  }
});

test("a large push of many commits is taken whole", async () => {
  const [payload] = onMaster;
  const commits = Array.from({ length: 200 }, (_, n) => ({ ...payload.commits[0], id: n.toString(16).padStart(40, "0"), message: `Commit ${n}` }));
  const large = { ...payload, commits };
  const { status, json } = await push(large);
  assert.equal(status, 200, JSON.stringify(json).slice(0, 300));
  assert.deepEqual(json.response, expected(large));
});

test("tags and deleted branches are dropped with the condition that failed", async () => {
  for (const payload of [...pushes.filter(({ ref }) => ref !== "refs/heads/master"), { ...onMaster[0], deleted: true }]) {
    const { status, json } = await push(payload);
    assert.deepEqual([status, json.code], [400, "filtered"]);
    assert.match(json.message, /ref|deleted/);
  }
});

test("its stream has every record once, in order, for eventsource and for curl -N", async () => {
  const { json } = await push(onMaster[0]);
  const all = await curl(["-N", host.url + json.streamUrl]);
  const byCurl = all.split("\n").filter((line) => line.startsWith("data: ")).map((line) => JSON.parse(line.slice(6)));
  const byEventSource = [];
  const source = new EventSource(host.url + json.streamUrl);
  source.addEventListener("message", ({ data }) => byEventSource.push(JSON.parse(data)));
  await new Promise((resolve) => source.addEventListener("error", () => source.readyState === EventSource.CLOSED && resolve()));
  assert.deepEqual(byCurl.map(({ seq }) => seq), byCurl.map((_, i) => i + 1));
  assert.deepEqual(byCurl.map(({ type }) => type),
    ["run.accepted", "run.started", "step.started", "log", "step.completed", "run.completed"]);
  assert.deepEqual(byEventSource, byCurl);
});
