// SPDX-License-Identifier: MIT
// host.mjs - a real host for a test: temporary folders, the binary of $MOONTIDE, HTTP without hidden retries or kept
// connections. Nothing here sleeps: it waits for a line of the log, for the end of a process or for the end of a stream.
//
//   const host = await startHost({ t, scripts: { "default/hello.lua": "return trigger{…}" } });
//   const answer = await host.fire("default", "hello", { name: "Ada" });   // {status, headers, text, json}
//   const records = await host.events(answer.json.runId);                  // the whole stream, parsed
//   const run = await host.waitRun(answer.json.runId);
//   await host.kill(); await host.restart();                               // same folders, same address
//
// With `t` (the node:test context) the host is stopped and its folders are removed when the test ends; without it call stop().
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import { rmSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { Described } from "./described.mjs";

const START_MS = 60_000; // a host that hangs at its start: say so instead of waiting for ctest's own limit
const LOG_MS = 20_000; // until an awaited line of the log
const STOP_MS = 30_000;
const FINAL = new Set(["run.completed", "run.failed", "run.cancelled", "run.timed_out"]); // a stream's last record

export const binary = () => {
  if (!process.env.MOONTIDE) throw new Error("set MOONTIDE to the path of the binary (ctest does)");
  return process.env.MOONTIDE;
};

const living = new Set();
process.on("exit", () => {
  for (const host of living) host.drop();
});

// A port that is free now and that the kernel gives to no outgoing connection: a restart finds it free again, and a client that
// tries while the host is away cannot connect to itself.
export async function freePort() {
  for (;;) {
    const port = randomInt(10_240, 32_000);
    const server = net.createServer().listen(port, "127.0.0.1");
    const [word] = await Promise.race([once(server, "listening").then(() => ["free"]), once(server, "error").then(() => ["taken"])]);
    if (word === "taken") continue;
    server.close();
    await once(server, "close");
    return port;
  }
}

// What the process finds in its environment: ours without any MOONTIDE_ setting, so that the caller's shell changes no test.
function environment(extra = {}) {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith("MOONTIDE"));
  return { ...Object.fromEntries(own), ...extra };
}

function send(method, url, { headers = {}, body, agent = false, ca, signal } = {}) {
  const raw = body === undefined || typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const all = { ...headers };
  const given = new Set(Object.keys(all).map((name) => name.toLowerCase()));
  if (raw !== undefined && !given.has("content-type")) all["content-type"] = "application/json";
  if (raw !== undefined && !given.has("transfer-encoding")) all["content-length"] = Buffer.byteLength(raw);
  return new Promise((resolve, reject) => {
    const { origin, hostname, port, protocol } = new URL(url); // the path goes out as it is: URL would resolve "%2e%2e"
    const where = { hostname, port, path: url.slice(origin.length) || "/" };
    const request = (protocol === "https:" ? https : http).request({ ...where, method, headers: all, agent, ca, signal });
    request.on("error", reject);
    request.on("response", (message) => resolve({ status: message.statusCode, headers: message.headers, message }));
    request.end(raw);
  });
}

// Checks an answer of one of our hosts against its document: see described.mjs.
let described;
function check(method, url, answer) {
  const host = [...living].find((one) => url.startsWith(`${one.url}/`));
  if (host && described) described.check(method, url.slice(host.url.length), answer);
}

// One for all hosts of a process: they are the same binary. A host that wants a PROXY header says nothing to us.
async function describe({ url, ca }) {
  try {
    const { message } = await send("GET", `${url}/openapi.json`, { ca });
    const parts = [];
    for await (const part of message) parts.push(part);
    described = new Described(JSON.parse(Buffer.concat(parts).toString()));
  } catch (error) {
    if (error.code !== "ECONNRESET") throw error;
  }
}

// One HTTP exchange on a connection of its own (or of `agent`). body: undefined, Buffer, string (sent as they are) or a value (sent
// as JSON); ca: whom to trust, for https. Resolves when the head is in: {status, headers, message}.
export async function open(method, url, options) {
  const answer = await send(method, url, options);
  check(method, url, answer);
  return answer;
}

// As open(), with the whole body: {status, headers, text, json (undefined when it is none)}.
export async function request(method, url, options) {
  const { status, headers, message } = await send(method, url, options);
  const parts = [];
  for await (const part of message) parts.push(part);
  const text = Buffer.concat(parts).toString();
  let json;
  if (/json/.test(headers["content-type"] ?? "") && text) json = JSON.parse(text);
  check(method, url, { status, headers, text, json });
  return { status, headers, text, json };
}

// Unlike readline's, this iterator throws what the stream throws (a connection that broke).
async function* lines(readable) {
  let rest = "";
  readable.setEncoding("utf8");
  for await (const part of readable) {
    const whole = (rest + part).split("\n");
    rest = whole.pop();
    for (const line of whole) yield line.endsWith("\r") ? line.slice(0, -1) : line;
  }
}

// Server-sent events of a readable, one at a time: {id, event, data, json, comment, retry}; comments only if asked for.
export async function* sse(readable, { comments = false } = {}) {
  let event = {};
  for await (const line of lines(readable)) {
    if (line === "") {
      if ("data" in event) yield { ...event, json: JSON.parse(event.data) };
      event = {};
      continue;
    }
    if (line.startsWith(":")) {
      if (comments) yield { comment: line.slice(1).trim() };
      continue;
    }
    const [, name, value] = /^([^:]*):? ?(.*)$/.exec(line);
    event[name] = name === "data" && "data" in event ? `${event.data}\n${value}` : value;
  }
}

// A process of the binary that runs to its end: {code, signal, stdout, stderr}.
export async function cli(args, { env, input = "", cwd, signal } = {}) {
  const child = spawn(binary(), args, { env: environment(env), cwd, signal, stdio: ["pipe", "pipe", "pipe"] });
  const [stdout, stderr] = [[], []];
  child.stdout.on("data", (part) => stdout.push(part));
  child.stderr.on("data", (part) => stderr.push(part));
  child.stdin.on("error", () => {}); // it may end without reading
  child.stdin.end(input);
  const [code, by] = await once(child, "close");
  return { code, signal: by, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
}

class Host {
  constructor({ scripts, args = [], env = {}, ca, port, folder }) {
    Object.assign(this, { args, env, ca, port, folder, given: scripts });
    this.scripts = path.join(folder, "scripts");
    this.data = path.join(folder, "data");
    this.url = `http://127.0.0.1:${port}`;
    this.key = undefined; // the admin key, from the first start
    this.log = []; // every line of standard error, over all starts
    this.watchers = new Set();
  }

  get pid() {
    return this.child?.pid;
  }

  async prepare() {
    await fs.mkdir(this.scripts, { recursive: true });
    if (typeof this.given === "string") await fs.cp(this.given, this.scripts, { recursive: true });
    else for (const [name, content] of Object.entries(this.given)) await this.write(name, content);
  }

  // Saves a script as editors do: a new file renamed over the old one.
  async write(name, content) {
    const file = path.join(this.scripts, name);
    await fs.mkdir(path.dirname(file), { recursive: true });
    await fs.writeFile(`${file}.tmp`, content);
    await fs.rename(`${file}.tmp`, file);
  }

  async remove(name) {
    await fs.rm(path.join(this.scripts, name), { recursive: true });
  }

  // Resolves with the first line of the log (from now on) that matches.
  nextLog(pattern, wait_ms = LOG_MS) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => finish(reject, new Error(`no log line ${pattern} in ${wait_ms} ms\n${this.tail()}`)), wait_ms);
      const finish = (then, value) => {
        clearTimeout(timer);
        this.watchers.delete(watcher);
        then(value);
      };
      const watcher = {
        line: (line) => pattern.test(line) && finish(resolve, line),
        end: () => finish(reject, new Error(`the host ended before it logged ${pattern}\n${this.tail()}`)),
      };
      this.watchers.add(watcher);
    });
  }

  tail(lines = 40) {
    return this.log.slice(-lines).join("\n");
  }

  async start() {
    const args = ["serve", "--scripts", this.scripts, "--data", this.data, "--listen", `127.0.0.1:${this.port}`, ...this.args];
    const env = environment({ MOONTIDE_AUTH_FAILURES: "0", ...this.env }); // a test of refusals makes many: auth_delay.test.mjs is about that
    this.child = spawn(binary(), args, { env, stdio: ["ignore", "pipe", "pipe"] });
    living.add(this);
    this.ended = once(this.child, "close").then(([code, signal]) => {
      for (const watcher of [...this.watchers]) watcher.end();
      return { code, signal };
    });
    createInterface({ input: this.child.stderr }).on("line", (line) => {
      this.log.push(line);
      for (const watcher of [...this.watchers]) watcher.line(line);
    });
    let gotKey;
    const key = new Promise((resolve) => (gotKey = resolve));
    createInterface({ input: this.child.stdout }).on("line", (line) => {
      const found = /^admin key: (mt_\S+)$/.exec(line);
      if (found) gotKey((this.key = found[1]));
    });
    const ready = await this.nextLog(/"ready".*\burl="?https?:/, START_MS);
    this.url = /\burl="?([^\s"]+)/.exec(ready)[1].replace(/\/$/, "");
    if (!this.key) await Promise.race([key, this.ended]);
    if (!described) await describe(this);
    return this;
  }

  // SIGTERM and the whole way down; throws when it does not end well. Returns {code, signal}.
  async stop() {
    if (!this.child || this.child.exitCode !== null || this.child.signalCode !== null) return this.ended;
    this.child.kill("SIGTERM");
    const timer = setTimeout(() => this.child.kill("SIGABRT"), STOP_MS);
    const end = await this.ended;
    clearTimeout(timer);
    if (end.code !== 0) throw new Error(`the host ended with ${end.code ?? end.signal}\n${this.tail(80)}`);
    this.checkSanitizers();
    return end;
  }

  // kill -9
  async kill() {
    this.child.kill("SIGKILL");
    return this.ended;
  }

  // The same folders and address; stops the host first if it runs.
  async restart({ args, env } = {}) {
    await this.stop();
    if (args) this.args = args;
    if (env) this.env = env;
    return this.start();
  }

  checkSanitizers() {
    const bad = this.log.find((line) => /(Address|Leak|UndefinedBehavior|Thread)Sanitizer|runtime error:/.test(line));
    if (bad) throw new Error(`the host wrote: ${bad}\n${this.tail(80)}`);
  }

  // Stops, removes the folders.
  async done() {
    try {
      await this.stop();
    } finally {
      this.drop();
    }
  }

  drop() {
    living.delete(this);
    if (this.child && this.child.exitCode === null) this.child.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }

  // Any request, with the admin key unless headers have another or key is null.
  request(method, where, { key = this.key, headers = {}, ...rest } = {}) {
    return request(method, this.url + where, { ca: this.ca, ...rest, headers: key === null ? headers : { "x-api-key": key, ...headers } });
  }

  // The project trigger dialect.
  fire(project, trigger, body, options = {}) {
    return this.request("POST", `/api/v1.0/project/${project}/trigger/${trigger}`, { ...options, body });
  }

  // The native API, answered as soon as the run is accepted: json.runId.
  fireAsync(project, trigger, body, { headers = {}, ...rest } = {}) {
    const where = `/v1/projects/${project}/triggers/${trigger}/runs`;
    return this.request("POST", where, { ...rest, body, headers: { prefer: "respond-async", ...headers } });
  }

  // A new API key that this host knows already: newKey("reader", "--allow", "run.read").
  async newKey(name, ...options) {
    const known = this.nextLog(new RegExp(`"API key added".*name="${name}"`));
    const made = await this.cli(["key", "create", "--data", this.data, "--name", name, ...options]);
    if (made.code !== 0) throw new Error(made.stderr);
    await known;
    return made.stdout.trim();
  }

  async revokeKey(name) {
    const known = this.nextLog(new RegExp(`"API key revoked".*name="${name}"`));
    const done = await this.cli(["key", "revoke", "--data", this.data, "--name", name]);
    if (done.code !== 0) throw new Error(done.stderr);
    await known;
  }

  async getRun(id, options) {
    const answer = await this.request("GET", `/v1/runs/${id}`, options);
    if (answer.status !== 200) throw new Error(`GET run ${id}: ${answer.status} ${answer.text}`);
    return answer.json;
  }

  // Records as they come: for await (const {id, json} of host.stream(run)). Break to hang up.
  async *stream(id, { lastEventId, headers = {}, signal, comments } = {}) {
    const all = { "x-api-key": this.key, accept: "text/event-stream", ...headers };
    if (lastEventId !== undefined) all["last-event-id"] = String(lastEventId);
    const { status, message } = await open("GET", `${this.url}/v1/runs/${id}/events`, { headers: all, ca: this.ca, signal });
    try {
      if (status === 204) return;
      if (status !== 200) throw new Error(`GET events of ${id}: ${status}`);
      yield* sse(message, { comments });
    } finally {
      message.destroy();
    }
  }

  // All records up to the end of the run, parsed: [{v, run, seq, at, type, …}].
  async events(id, options) {
    const records = [];
    for await (const event of this.stream(id, options)) records.push(event.json);
    return records;
  }

  // The run, once its stream has told its end.
  async waitRun(id) {
    const records = await this.events(id);
    if (!FINAL.has(records.at(-1)?.type)) throw new Error(`the stream of ${id} ended early: ${JSON.stringify(records.at(-1))}`);
    return this.getRun(id);
  }

  // The command line against this host.
  cli(args, { env = {}, ...rest } = {}) {
    return cli(args, { ...rest, env: { MOONTIDE_URL: this.url, MOONTIDE_KEY: this.key, ...env } });
  }
}

// scripts: {"project/key.lua": content} or a folder that is copied; args, env: for serve; ca: whom to trust, when these make it
// speak HTTPS; t: stops it with the test.
export async function startHost({ t, scripts = {}, args, env, ca } = {}) {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "moontide-"));
  const host = new Host({ scripts, args, env, ca, port: await freePort(), folder });
  t?.after(() => host.done());
  try {
    await host.prepare();
    return await host.start();
  } catch (error) {
    host.drop();
    throw error;
  }
}

// The close of a socket. events.once would fail with the reset that it may see before.
export const closing = (socket) => new Promise((resolve) => socket.once("close", resolve));
