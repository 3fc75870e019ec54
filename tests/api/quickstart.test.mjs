// SPDX-License-Identifier: MIT
// host/quickstart.sh as a newcomer meets it: builds, shows a stream, prints a line to paste; the edit of a file is live; Ctrl-C ends it.
import { after, test } from "node:test";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { freePort } from "./host.mjs";

const top = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), "../..");
const folder = await fs.mkdtemp(path.join(os.tmpdir(), "moontide-"));
after(() => fs.rm(folder, { recursive: true, force: true }));
const scripts = path.join(folder, "scripts");
await fs.cp(path.join(top, "scripts"), scripts, { recursive: true });
const listen = `127.0.0.1:${await freePort()}`;

// Own settings, none of the shell that runs the tests.
const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("MOONTIDE")));
const env = { ...clean, MOONTIDE_LISTEN: listen, MOONTIDE_DATA: path.join(folder, "data"), MOONTIDE_SCRIPTS: scripts };

function begin(command, args, environment = env) {
  const child = spawn(command, args, { env: environment, stdio: ["ignore", "pipe", "pipe"] });
  const all = { child, text: "", waiting: [] };
  const look = () => {
    all.waiting = all.waiting.filter(({ pattern, resolve }) => !pattern.test(all.text) || resolve());
  };
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (part) => {
      all.text += part;
      look();
    });
  all.end = once(child, "close").then(([code]) => {
    for (const { pattern, reject } of all.waiting) reject(new Error(`ended without ${pattern}:\n${all.text}`));
    return code;
  });
  all.says = (pattern) => new Promise((resolve, reject) => {
    all.waiting.push({ pattern, resolve, reject });
    look();
  });
  return all;
}

const quickstart = (...options) => begin("sh", [path.join(top, "host/quickstart.sh"), "--no-install", ...options]);
const pasted = (text) => /^ *(export MOONTIDE_KEY=\S+; curl .*)$/m.exec(text)[1];

async function paste(line) {
  const shell = begin("sh", ["-c", line], clean);
  assert.equal(await shell.end, 0, shell.text);
  return JSON.parse(shell.text);
}

test("from nothing to a live edit, and Ctrl-C", async (t) => {
  const host = quickstart();
  t.after(() => host.child.kill("SIGTERM"));
  await host.says(/Ctrl-C stops the host/);
  assert.match(host.text, /this is its stream, as it happens:\n\n[^]*run\.accepted[^]*run\.completed/);
  assert.match(host.text, /The admin key, shown this once: mt_\S{43}\n/);

  const line = pasted(host.text);
  assert.equal((await paste(line)).status, "completed");
  const edited = 'return trigger { run = function(event) return { hello = event.body.name, edited = true } end }\n';
  await fs.writeFile(path.join(scripts, "default/hello.lua"), edited);
  await host.says(/"trigger replaced" trigger=default\/hello/);
  assert.deepEqual((await paste(line)).response, { hello: "Ada", edited: true });

  const taken = quickstart();
  assert.equal(await taken.end, 1);
  assert.match(taken.text, new RegExp(`${listen} is in use`));

  host.child.kill("SIGINT");
  assert.equal(await host.end, 0);
  assert.match(host.text, /\nStopping\.\n/);
  const gone = begin("curl", ["-s", `http://${listen}/healthz`]);
  assert.equal(await gone.end, 7, "nobody listens any more");
});

test("a second start says how to make a key instead of showing the admin key; its own line works", async () => {
  const again = quickstart("--once");
  assert.equal(await again.end, 0, again.text);
  assert.ok(!again.text.includes("shown this once"));
  assert.match(again.text, /moontide key create --name admin --allow '\*'/);
  assert.match(pasted(again.text), /mt_\S{43}; curl/);
});

test("an unknown option is refused", async () => {
  const wrong = quickstart("--twice");
  assert.equal(await wrong.end, 2);
  assert.match(wrong.text, /unknown option --twice[^]*--no-install/);
});
