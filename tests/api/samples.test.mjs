// SPDX-License-Identifier: MIT
// Programs as the users of the three published APIs have them, in the shapes of their contracts: they run here as they are but for the host
// and the token. What is not on this machine (a runtime, a library) is skipped and named.
import { after, test } from "node:test";
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { binary, startHost } from "./host.mjs";

const SCENARIO = "scenario_a0f5822a-d94c-4545-b63c-3dd869a2ac99";
const seen = (fields) => `return trigger { ${fields} run = function(event)
  return { kind = event.kind, session = event.sessionId, instruction = event.instruction, order = event.body.order, note = event.body.note }
end }`;
const host = await startHost({
  scripts: {
    "shop/agent.lua": seen(""),
    "shop/scenario.lua": seen(`id = "${SCENARIO}",`),
    "shop/flow.lua": seen(`id = "flow_4711",`),
    "shop/refund.lua": seen(""),
  },
});
const folder = await fs.mkdtemp(path.join(os.tmpdir(), "moontide-samples-"));
after(async () => {
  await host.done();
  await fs.rm(folder, { recursive: true });
});

const token = await host.newKey("sample", "--allow", "project.trigger", "--project", "shop", "--default-project", "shop");
const known = host.nextLog(/"webhook secret added"/);
const secret = (await host.cli(["webhook", "create", "shop/flow", "--data", host.data])).stdout.trim();
await known;

// ---- what is called

const NOTE = `it's "quoted" \\ and é 🌙`;
const bearer = { Authorization: "Bearer YOUR_TOKEN" };
const calls = {
  agent: { path: "/api/agent/trigger/", headers: bearer, body: { session_id: "session-123", instruction: "Say hello", note: NOTE }, kind: "agent", session: "session-123" },
  scenario: { path: `/api/scenario/${SCENARIO}/trigger/`, headers: bearer, body: { session_id: "session-123", order: 7, note: NOTE }, kind: "scenario", session: "session-123" },
  flow: { path: "/api/v1/flow/flow_4711", headers: bearer, body: { inputs: { order: 7, note: NOTE } }, kind: "flow" },
  webhook: { path: "/workflows/trigger?workflowId=flow_4711", headers: { "X-Workflow-Secret": "YOUR_SECRET" }, body: { order: 7, note: NOTE }, kind: "webhook" },
  "webhook by bearer": { path: "/workflows/trigger?workflowId=flow_4711", headers: { Authorization: "Bearer YOUR_SECRET" }, body: { order: 7, note: NOTE }, kind: "webhook" },
  project: { path: "/api/v1.0/project/shop/trigger/REFUND", headers: { "x-api-key": "YOUR_TOKEN" }, body: { order: 7, note: NOTE, sessionId: "session-123", language: "de" }, kind: "api", session: "session-123" },
};

// ---- in which language

const single = (text) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
const shell = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
const all = (headers) => Object.entries({ ...headers, "Content-Type": "application/json" });
const languages = {
  "curl": ["sample.sh", ["sh"], ({ url, headers, body }) => `curl -sS -X POST ${shell(url)} \\
${all(headers).map(([name, value]) => `  -H "${name}: ${value}" \\\n`).join("")}  -d ${shell(JSON.stringify(body))}
`],
  "node": ["sample.mjs", ["node"], ({ url, headers, body }) => `const response = await fetch(${JSON.stringify(url)}, {
  method: "POST",
  headers: ${JSON.stringify(Object.fromEntries(all(headers)))},
  body: JSON.stringify(${JSON.stringify(body)}),
});
console.log(await response.text());
`],
  "python, urllib": ["sample.py", ["python3"], ({ url, headers, body }) => `import json
import urllib.request

request = urllib.request.Request(
    ${JSON.stringify(url)},
    data=json.dumps(${JSON.stringify(body)}).encode(),
    headers=${JSON.stringify(Object.fromEntries(all(headers)))},
)
with urllib.request.urlopen(request) as response:
    print(response.read().decode())
`],
  "python, requests": ["sample_requests.py", ["python3"], ({ url, headers, body }) => `import requests

response = requests.post(
    ${JSON.stringify(url)},
    headers=${JSON.stringify(headers)},
    json=${JSON.stringify(body)},
)
print(response.text)
`, ["python3", "-c", "import requests"]],
  "php, curl": ["sample_curl.php", ["php"], ({ url, headers, body }) => `<?php
$ch = curl_init(${single(url)});
curl_setopt($ch, CURLOPT_POST, true);
curl_setopt($ch, CURLOPT_RETURNTRANSFER, true);
curl_setopt($ch, CURLOPT_HTTPHEADER, [${all(headers).map(([name, value]) => single(`${name}: ${value}`)).join(", ")}]);
curl_setopt($ch, CURLOPT_POSTFIELDS, ${single(JSON.stringify(body))});
echo curl_exec($ch);
`, ["php", "-r", "exit(extension_loaded('curl') ? 0 : 1);"]],
  "php, streams": ["sample.php", ["php"], ({ url, headers, body }) => `<?php
echo file_get_contents(${single(url)}, false, stream_context_create(['http' => [
    'method' => 'POST',
    'header' => [${all(headers).map(([name, value]) => single(`${name}: ${value}`)).join(", ")}],
    'content' => ${single(JSON.stringify(body))},
]]));
`],
  "ruby": ["sample.rb", ["ruby"], ({ url, headers, body }) => `require 'net/http'
require 'json'

uri = URI(${single(url)})
request = Net::HTTP::Post.new(uri)
${all(headers).map(([name, value]) => `request[${single(name)}] = ${single(value)}\n`).join("")}request.body = ${single(JSON.stringify(body))}
response = Net::HTTP.start(uri.hostname, uri.port, use_ssl: uri.scheme == 'https') { |http| http.request(request) }
puts response.body
`],
};

async function run(command, args, env = {}) {
  const child = spawn(command, args, { cwd: folder, env: { ...process.env, LC_ALL: "C.UTF-8", no_proxy: "*", NO_PROXY: "*", http_proxy: "", HTTP_PROXY: "", ...env }, stdio: ["ignore", "pipe", "pipe"] });
  const parts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"]) child[name].setEncoding("utf8").on("data", (part) => (parts[name] += part));
  const [status] = await once(child, "close");
  return { status, ...parts };
}

async function ran(call, answer) {
  const json = JSON.parse(answer);
  const id = json.runId ?? json.data.run_id;
  const { result, sessionId } = await host.waitRun(id);
  assert.equal(result.kind, call.kind);
  assert.equal(result.note, NOTE);
  if (call.session) assert.deepEqual([result.session, sessionId], [call.session, call.session]);
  if (call.kind !== "agent") assert.equal(result.order, 7);
  else assert.equal(result.instruction, "Say hello");
  return json;
}

for (const [language, [file, command, write, needs]] of Object.entries(languages)) {
  const probe = needs ?? [language === "curl" ? "curl" : command[0], "--version"];
  const found = spawnSync(probe[0], probe.slice(1));
  const skip = found.error || found.status !== 0 ? `${language}: not on this machine` : false;
  test(`${language}: every documented call runs as it is`, { skip }, async () => {
    await Promise.all(Object.entries(calls).map(async ([name, call], n) => {
      const sample = write({ url: `https://api.example.com${call.path}`, ...call });
      const mine = sample.replaceAll("https://api.example.com", host.url).replaceAll("YOUR_TOKEN", token).replaceAll("YOUR_SECRET", secret);
      const [stem, ending] = file.split(".");
      const at = `${stem}_${n}.${ending}`;
      await fs.writeFile(path.join(folder, at), mine);
      const { status, stdout, stderr } = await run(command[0], [...command.slice(1), at]);
      assert.equal(status, 0, `${name}: ${stderr}\n${sample}`);
      await ran(call, stdout);
    }));
  });
}

// ---- the client that its users call by another name

await fs.symlink(path.resolve(binary()), path.join(folder, "moontide"));
const data = JSON.stringify({ order: 7, note: NOTE });
const fields = ["ok", "runId", "result", "error"];

test("wisebot workflow trigger: the same words behind `moontide trigger`, with either product's environment", async () => {
  const call = calls.webhook;
  for (const [name, env] of Object.entries({
    theirs: { WISEBOT_WORKFLOW_TRIGGER_ORIGIN: host.url, WISEBOT_WORKFLOW_SECRET: secret },
    "their origin with a slash": { WISEBOT_WORKFLOW_TRIGGER_ORIGIN: `${host.url}/`, WISEBOT_WORKFLOW_SECRET: secret },
    ours: { MOONTIDE_URL: host.url, MOONTIDE_WEBHOOK_SECRET: secret },
    "ours over theirs": { MOONTIDE_URL: host.url, MOONTIDE_WEBHOOK_SECRET: secret, WISEBOT_WORKFLOW_TRIGGER_ORIGIN: "http://127.0.0.1:1", WISEBOT_WORKFLOW_SECRET: "wrong" },
  })) {
    const { status, stdout, stderr } = await run(path.join(folder, "moontide"), ["trigger", "flow_4711", "--data", data], env);
    assert.equal(status, 0, `${name}: ${stderr}`);
    assert.deepEqual(Object.keys(await ran(call, stdout)), fields, name);
    assert.match(stdout, /\n  "ok": true/, "pretty");
  }
  const named = { WISEBOT_WORKFLOW_TRIGGER_ORIGIN: host.url, WISEBOT_WORKFLOW_SECRET: secret };
  for (const trigger of ["flow_4711", `${host.url}/workflows/trigger?workflowId=flow_4711`]) {
    const { status, stdout, stderr } = await run(path.join(folder, "moontide"), ["trigger", "--data", data], { ...named, WISEBOT_WORKFLOW_TRIGGER: trigger });
    assert.equal(status, 0, stderr);
    await ran(call, stdout);
  }
});

test("the published client call: client.workflows.run(id, {inputs}) resolves to the four fields", async () => {
  await fs.writeFile(path.join(folder, "client.mjs"), (await host.request("GET", "/ui/sdk.js", { key: null })).text);
  await fs.writeFile(path.join(folder, "use_client.mjs"), `import { createClient } from "./client.mjs";
const client = createClient({ url: process.env.BASE, key: process.env.KEY });
console.log(JSON.stringify(await client.workflows.run("flow_4711", { inputs: ${data} })));
`);
  const { status, stdout, stderr } = await run("node", ["use_client.mjs"], { BASE: host.url, KEY: token });
  assert.equal(status, 0, stderr);
  assert.deepEqual(Object.keys(await ran(calls.flow, stdout)), fields);
});
