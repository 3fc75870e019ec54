// SPDX-License-Identifier: MIT
// HTTPS by the real binary: protocols and ciphers, HTTP within TLS, streams, new certificates, the PROXY header, hostile handshakes
// and what the host says when it cannot start.
import { after, test } from "node:test";
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import https from "node:https";
import net from "node:net";
import path from "node:path";
import { Duplex } from "node:stream";
import tls from "node:tls";
import { promisify } from "node:util";
import { certificateFolder, expired, replace, selfSigned } from "./certificates.mjs";
import { cli, closing, open, request, startHost } from "./host.mjs";

const run = promisify(execFile);
const folder = await certificateFolder(after);
const [first, second] = await Promise.all([selfSigned(folder, "first"), selfSigned(folder, "second", { key: "rsa" })]);
const args = ["--tls-cert", first.cert, "--tls-key", first.key];
const scripts = {
  "a/size.lua": `return trigger { body = "2MB", run = function(event) return #event.body.text end }`,
  "a/slow.lua": `return trigger { wait = false, run = function(event, flow) flow.sleep "1h" end }`,
  "a/steps.lua": `return trigger { run = function(event, flow)
    for i = 1, 20 do flow.step("s" .. i, function() return i end) end
    return "done"
  end }`,
};
const host = await startHost({ scripts, args, ca: first.pem });
after(() => host.done());
const HSTS = "max-age=31536000";

// A TLS connection: {socket, text(): all until the end}. Rejects as the handshake does.
async function connect(options = {}, port = host.port) {
  const socket = tls.connect({ host: "127.0.0.1", port, ca: first.pem, ...options });
  const parts = [];
  socket.on("data", (part) => parts.push(part));
  const ended = new Promise((resolve) => socket.once("end", resolve).once("close", resolve)); // node 18 closes no duplex of ours
  await once(socket, "secureConnect");
  socket.on("error", () => {});
  return { socket, text: () => ended.then(() => Buffer.concat(parts).toString()) };
}

// What comes back for these bytes, without any TLS of ours, until the host closes.
function raw(pieces, port = host.port) {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: "127.0.0.1" });
    const parts = [];
    socket.on("data", (part) => parts.push(part));
    socket.on("error", (error) => (error.code === "ECONNRESET" || error.code === "EPIPE" ? 0 : reject(error)));
    socket.on("close", () => resolve(Buffer.concat(parts)));
    for (const piece of pieces) socket.write(piece);
  });
}

// A duplex over a socket for tls.connect, which hands over what send(socket, bytes) makes of it.
function through(port, send) {
  const socket = net.connect({ port, host: "127.0.0.1", noDelay: true });
  const duplex = new Duplex({
    read() {},
    write: (bytes, encoding, done) => done(send(socket, bytes)),
    final: (done) => done(void socket.end()),
    destroy: (error, done) => done(error, void socket.destroy()),
  });
  socket.on("data", (part) => duplex.push(part));
  socket.on("end", () => duplex.push(null));
  socket.on("close", () => duplex.destroy());
  return duplex;
}

const get = (where, more = "") => `GET ${where} HTTP/1.1\r\nHost: h\r\n${more}\r\n`;
const answers = (text) => text.split("HTTP/1.1 ").length - 1;

test("every answer says that this host is for HTTPS only, from now on", async () => {
  assert.match(host.url, /^https:/);
  const started = await host.fire("a", "slow", {});
  for (const [status, method, where, options] of [
    [200, "GET", "/healthz"],
    [200, "HEAD", "/healthz"],
    [200, "GET", "/"],
    [404, "GET", "/nowhere"],
    [405, "PUT", "/healthz"],
    [401, "GET", "/v1/runs", { key: null }],
    [200, "GET", `/v1/runs/${started.json.runId}`],
  ]) {
    const answer = await host.request(method, where, options);
    assert.equal(answer.status, status);
    assert.equal(answer.headers["strict-transport-security"], HSTS, `${method} ${where}`);
  }
  const streamed = await open("GET", host.url + started.json.streamUrl, { ca: host.ca });
  assert.equal(streamed.status, 200);
  assert.equal(streamed.headers["strict-transport-security"], HSTS);
  streamed.message.destroy();
  const big = await connect();
  big.socket.write(get("/healthz", `X-Long: ${"a".repeat(20_000)}\r\n`));
  assert.match(await big.text(), /^HTTP\/1.1 431 [^]*Strict-Transport-Security: max-age=31536000/);
});

test("TLS 1.2 and 1.3 are spoken, 1.1 is not", async () => {
  for (const version of ["TLSv1.2", "TLSv1.3"]) {
    const { socket } = await connect({ minVersion: version, maxVersion: version });
    assert.equal(socket.getProtocol(), version);
    socket.destroy();
  }
  const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" };
  await assert.rejects(connect(old), /protocol version/);
});

test("ciphers: forward secrecy and authenticated encryption only, in the host's order", async () => {
  const at12 = { minVersion: "TLSv1.2", maxVersion: "TLSv1.2" };
  for (const bad of ["ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES128-SHA", "AES128-GCM-SHA256", "AES256-SHA", "NULL", "PSK"])
    await assert.rejects(connect({ ...at12, ciphers: `${bad}@SECLEVEL=0` }), /handshake failure|no cipher/i, bad);
  const mine = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384";
  for (const order of [mine, mine.split(":").reverse().join(":")]) {
    const { socket } = await connect({ ...at12, ciphers: order });
    assert.equal(socket.getCipher().name, "ECDHE-ECDSA-AES256-GCM-SHA384");
    socket.destroy();
  }
  const phone = await connect({ ...at12, ciphers: "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384" });
  assert.equal(phone.socket.getCipher().name, "ECDHE-ECDSA-CHACHA20-POLY1305"); // a client that prefers it has no AES in hardware
  phone.socket.destroy();
});

test("ALPN: http/1.1 is chosen, a client that speaks only others is refused", async () => {
  const { socket } = await connect({ ALPNProtocols: ["h2", "http/1.1"] });
  assert.equal(socket.alpnProtocol, "http/1.1");
  socket.destroy();
  await assert.rejects(connect({ ALPNProtocols: ["h2"] }), /no application protocol/);
  const without = await connect();
  assert.equal(without.socket.alpnProtocol, false);
  without.socket.destroy();
});

test("no renegotiation, no compression; sessions are resumed by tickets (openssl s_client)", async () => {
  const at = ["s_client", "-connect", `127.0.0.1:${host.port}`, "-CAfile", first.cert];
  const child = spawn("openssl", [...at, "-tls1_2"], { stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  for (const out of [child.stdout, child.stderr]) out.on("data", (part) => (said += part));
  while (!/Verify return code: 0/.test(said)) await once(child.stdout, "data");
  assert.match(said, /Compression: NONE/);
  const closed = once(child, "close");
  child.stdin.write("R\n"); // ask for a new handshake
  await closed;
  assert.match(said, /RENEGOTIATING[^]*no renegotiation/);
  for (const version of ["TLSv1.2", "TLSv1.3"]) {
    const agent = new https.Agent({ minVersion: version, maxVersion: version });
    const reused = [];
    for (let i = 0; i < 2; i++) {
      const { message } = await open("GET", `${host.url}/healthz`, { ca: host.ca, agent });
      reused.push(message.socket.isSessionReused());
      message.resume();
      await once(message, "close");
    }
    assert.deepEqual(reused, [false, true], version);
    agent.destroy();
  }
});

test("keep-alive: a hundred requests on one connection, each answered", async () => {
  const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
  const sockets = new Set();
  for (let i = 0; i < 100; i++) {
    const { status, message } = await open("GET", `${host.url}/healthz`, { ca: host.ca, agent });
    assert.equal(status, 200);
    sockets.add(message.socket);
    message.resume();
    await once(message, "end");
  }
  assert.equal(sockets.size, 1);
  agent.destroy();
});

test("two requests in one record: the first is answered and says that it closes; in two records: both", async () => {
  const one = await connect();
  one.socket.write(get("/healthz") + get("/healthz"));
  const text = await one.text();
  assert.equal(answers(text), 1);
  assert.match(text, /Connection: close/);
  const held = []; // so that both records go in one write
  let hold = false;
  const send = (socket, bytes) => void (hold ? held.push(bytes) : socket.write(bytes));
  let raw;
  const two = await connect({ socket: through(host.port, (socket, bytes) => send((raw = socket), bytes)), servername: "localhost" });
  hold = true;
  await new Promise((done) => two.socket.write(get("/healthz"), done));
  await new Promise((done) => two.socket.write(get("/healthz", "Connection: close\r\n"), done));
  assert.equal(held.length, 2);
  raw.write(Buffer.concat(held));
  assert.equal(answers(await two.text()), 2);
});

test("a body of 1 MB, in one piece, in chunks and behind 100-continue (node and curl)", async () => {
  const text = "x".repeat(1_000_000);
  const body = JSON.stringify({ text });
  assert.equal((await host.fire("a", "size", { text })).json.response, text.length);
  const chunked = await host.fire("a", "size", body, { headers: { "transfer-encoding": "chunked" } });
  assert.equal(chunked.json.response, text.length);
  const file = path.join(folder, "body.json");
  await fs.writeFile(file, body);
  const where = `${host.url}/api/v1.0/project/a/trigger/size`;
  const headers = ["-H", `x-api-key: ${host.key}`, "-H", "Expect: 100-continue", "-H", "Content-Type: application/json"];
  const { stdout } = await run("curl", ["-sS", "--fail", "--cacert", first.cert, ...headers, "--data-binary", `@${file}`, where]);
  assert.equal(JSON.parse(stdout).response, text.length);
});

test("a client that shuts its side still gets its answer, and both sides say goodbye", async () => {
  const { socket, text } = await connect({ allowHalfOpen: true });
  let goodbye = false; // of TLS: "end" comes with it, and a connection that is cut raises an error
  socket.on("end", () => (goodbye = true));
  const body = JSON.stringify({ text: "ab" });
  const head = ["POST /api/v1.0/project/a/trigger/size HTTP/1.1", "Host: h", `x-api-key: ${host.key}`, "Content-Type: application/json"];
  socket.end([...head, `Content-Length: ${body.length}`, "", body].join("\r\n"));
  assert.match(await text(), /^HTTP\/1.1 200 [^]*"response":2/);
  assert.ok(goodbye);
});

test("plain HTTP is told what to do, in HTTP", async () => {
  for (const method of ["GET", "POST", "OPTIONS"]) {
    const answer = await request(method, `http://127.0.0.1:${host.port}/healthz`, {});
    assert.equal(answer.status, 400);
    assert.equal(answer.headers["strict-transport-security"], undefined); // RFC 6797, 7.2: not over plain HTTP
    assert.match(answer.json.detail, /HTTPS only: .*https:\/\//);
  }
  const known = await host.cli(["runs", "list"], { env: { MOONTIDE_URL: `http://127.0.0.1:${host.port}` } });
  assert.equal(known.code, 1);
  assert.match(known.stderr, /this port speaks HTTPS only/);
});

test("a handshake and a request that come byte by byte", async () => {
  const bytewise = (socket, bytes) => bytes.forEach((byte) => socket.write(Buffer.from([byte])));
  const { socket, text } = await connect({ socket: through(host.port, bytewise), servername: "localhost" });
  socket.write(get("/healthz", "Connection: close\r\n"));
  assert.match(await text(), /^HTTP\/1.1 200 /);
});

// The first bytes that a client of ours sends.
async function clientHello() {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = tls.connect({ host: "127.0.0.1", port: server.address().port });
  client.on("error", () => {});
  const [socket] = await once(server, "connection");
  const [hello] = await once(socket, "data");
  client.destroy();
  socket.destroy();
  server.close();
  return hello;
}

test("hostile bytes in the handshake are answered by an alert or a close, and cost nobody else anything", async () => {
  const hello = await clientHello();
  const record = (type, length, ...bytes) => Buffer.from([type, 3, 1, length >> 8, length & 255, ...bytes]);
  const bent = (at, value) => {
    const copy = Buffer.from(hello);
    copy[at] = value;
    return copy;
  };
  const random = (seed, length) => Buffer.from(Array.from({ length }, (_, i) => ((i * 2654435761 + seed * 40503) >>> 7) & 255));
  const attacks = [
    [Buffer.alloc(100_000)],
    [random(1, 5000)].map((b) => ((b[0] = 0x16), b)),
    [record(0x16, 0xffff), Buffer.alloc(70_000, 1)], // longer than a record may be
    [record(0x16, 0)],
    [record(0x15, 2, 2, 40)], // an alert first
    [record(0x15, 2, 1, 0)], // a goodbye first
    [record(0x17, 5, 1, 2, 3, 4, 5)], // data before any key
    [record(0x14, 1, 1)],
    [record(0x16, 4, 1, 0xff, 0xff, 0xff)], // a hello of 16 MB
    [record(0x16, 4, 2, 0, 0, 0)], // a server's part
    [bent(5, 11)],
    [bent(9, 2)], // SSL 2 within
    [bent(43, 255)], // a session id that is too long
    [hello, hello],
    [hello, random(3, 3000)],
    [hello, get("/healthz")],
    [Buffer.from([0x80, 0x2e, 1, 0, 2]), random(4, 44)], // SSL 2
    ["\r\n\r\n\0\r\nQUIT\n!\x11\0\x0c"], // PROXY where none is expected
    ...Array.from({ length: 40 }, (_, i) => [bent(5 + i * 4, random(i, 1)[0] ^ 0x5a)]),
  ];
  const finish = async (bytes) => {
    const socket = net.connect({ port: host.port, host: "127.0.0.1" });
    socket.on("error", () => {});
    socket.on("data", () => {});
    socket.end(Buffer.concat(bytes.map((b) => Buffer.from(b))));
    await closing(socket);
  };
  await Promise.all(attacks.map(finish));
  await Promise.all(Array.from({ length: 60 }, (_, i) => finish([hello.subarray(0, 1 + i * 4)]))); // cut anywhere
  const alert = await raw([record(0x16, 0xffff), Buffer.alloc(70_000, 1)]);
  assert.equal(alert[0], 0x15);
  // Behind a good handshake: bytes that are no record of this session.
  const socket = net.connect({ port: host.port, host: "127.0.0.1" });
  const client = tls.connect({ socket, ca: first.pem, servername: "localhost" });
  await once(client, "secureConnect");
  client.on("error", () => {});
  socket.write(Buffer.concat([record(0x17, 40), Buffer.alloc(40, 7)]));
  await closing(socket);
  assert.equal((await host.request("GET", "/healthz")).status, 200);
});

test("a handshake that is not over by --request-timeout is closed, however busily it drips", async (t) => {
  const short = await startHost({ t, args: [...args, "--request-timeout", "1s"], ca: first.pem });
  const hello = await clientHello();
  const closed = async (start) => {
    const socket = net.connect({ port: short.port, host: "127.0.0.1" });
    socket.on("error", () => {});
    socket.on("data", () => {});
    const ended = closing(socket);
    await once(socket, "connect");
    start(socket);
    await ended;
  };
  const begun = Date.now();
  await Promise.all([
    closed(() => {}), // says nothing
    closed((socket) => socket.write(hello.subarray(0, 10))),
    closed((socket) => socket.write(hello)), // never finishes
    closed((socket) => {
      let at = 0;
      const timer = setInterval(() => socket.write(hello.subarray(at, ++at)), 20);
      socket.on("close", () => clearInterval(timer));
    }),
  ]);
  const took = Date.now() - begun;
  assert.ok(took >= 900 && took < 9000, `closed after ${took} ms`);
  const { socket, text } = await connect({}, short.port); // the request's own deadline begins with the request
  socket.write("GET / HTTP/1.1\r\n");
  assert.match(await text(), /^HTTP\/1.1 408 /);
});

test("connections are counted before their handshake; those beyond are closed", async (t) => {
  const few = await startHost({ t, args: [...args, "--connections", "2"], ca: first.pem });
  const held = [0, 1].map(() => net.connect({ port: few.port, host: "127.0.0.1" }));
  await Promise.all(held.map((socket) => once(socket, "connect")));
  assert.equal((await raw([], few.port)).length, 0);
  const gone = held.map((socket) => closing(socket));
  held.forEach((socket) => socket.destroy());
  await Promise.all(gone);
});

test("eventsource and sdk.js over https, in a process that trusts the certificate", async () => {
  const program = `
    import { EventSource } from "eventsource";
    const [url, key] = process.argv.slice(1);
    const source = await (await fetch(url + "/ui/sdk.js")).text();
    const { createClient } = await import("data:text/javascript;base64," + Buffer.from(source).toString("base64"));
    const client = createClient({ url, key });
    const start = await client.triggers.fire("a", "steps", {}, { wait: 0 });
    const seen = [];
    const types = await new Promise((resolve, reject) => {
      const events = new EventSource(url + start.streamUrl);
      events.onerror = (e) => { events.close(); reject(new Error(e.message)); };
      events.onmessage = (e) => {
        const record = JSON.parse(e.data);
        seen.push(Number(e.lastEventId));
        if (record.type === "run.completed") { events.close(); resolve(seen); }
      };
    });
    let read = 0;
    for await (const record of client.runs.stream(start.runId)) read++;
    console.log(JSON.stringify({ types, read }));`;
  const child = ["--input-type=module", "-e", program, host.url, host.key];
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: first.cert };
  const { stdout } = await run(process.execPath, child, { cwd: path.join(import.meta.dirname ?? new URL(".", import.meta.url).pathname, ".."), env });
  const { types, read } = JSON.parse(stdout);
  assert.ok(types.length > 20);
  assert.deepEqual(types, types.map((_, i) => i + 1));
  assert.equal(read, types.length);
});

test("the command line trusts what it is told to, and says how when it does not", async () => {
  const none = await host.cli(["trigger", "a/steps"]);
  assert.equal(none.code, 1);
  assert.match(none.stderr, /no trusted TLS connection to https:.*self-signed.*--cacert FILE or MOONTIDE_CACERT/);
  const told = await host.cli(["trigger", "a/steps", "--follow", "--cacert", first.cert]);
  assert.equal(told.code, 0, told.stderr);
  assert.match(told.stdout, /run\.completed/);
  const env = { MOONTIDE_CACERT: second.cert };
  const other = await host.cli(["runs", "list"], { env });
  assert.equal(other.code, 1);
  const wins = await host.cli(["runs", "list", "--cacert", first.cert], { env });
  assert.equal(wins.code, 0, wins.stderr);
  const missing = await host.cli(["runs", "list", "--cacert", path.join(folder, "none.pem")]);
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /none\.pem cannot be read, or holds no PEM certificate/);
});

test("snippets name https", async (t) => {
  const { json, text } = await host.request("GET", "/v1/triggers/a/steps/snippets");
  assert.ok(json.items?.length ?? text.includes("https://127.0.0.1"));
  assert.ok(!text.includes("http://"), text);
  const behind = await startHost({ t, scripts, args: ["--trusted-proxies", "127.0.0.1"] });
  const seen = (proto) => behind.request("GET", "/v1/triggers/a/steps/snippets", { headers: { host: "shop.example", "x-forwarded-proto": proto } });
  assert.match((await seen("https")).text, /https:\/\/shop\.example/);
  assert.match((await seen("http")).text, /http:\/\/shop\.example/);
});

test("a new certificate serves new connections while a stream goes on; a broken one changes nothing", async (t) => {
  const cert = path.join(folder, "live.pem");
  const key = path.join(folder, "live.key");
  const files = async (of) => [await fs.readFile(of.cert), await fs.readFile(of.key)];
  const [old, young] = [await files(first), await files(second)];
  await replace(cert, old[0]);
  await replace(key, old[1]);
  const live = await startHost({ t, scripts, args: ["--tls-cert", cert, "--tls-key", key], ca: first.pem });
  const subject = async () => {
    const { socket } = await connect({ ca: [first.pem, second.pem] }, live.port);
    const name = socket.getPeerCertificate().subject.CN;
    socket.destroy();
    return name;
  };
  const kept = new https.Agent({ keepAlive: true, maxSockets: 1 });
  const ask = async () => (await request("GET", `${live.url}/healthz`, { ca: live.ca, agent: kept })).status;
  assert.equal(await ask(), 200);
  const slow = await live.fireAsync("a", "slow", {});
  const stream = live.stream(slow.json.runId);
  assert.equal((await stream.next()).value.json.type, "run.accepted");

  const told = live.nextLog(/cannot be used, the one before stays/);
  await replace(key, "no key at all");
  assert.match(await told, /tls\.key: \S+live\.key holds no PEM key/);
  assert.equal(await subject(), "first");
  const unfit = live.nextLog(/cannot be used, the one before stays/);
  await replace(key, young[1]);
  assert.match(await unfit, /is not the key of the first certificate/);
  assert.equal(await subject(), "first");

  const changed = live.nextLog(/"certificate changed/);
  await replace(cert, young[0]);
  await changed;
  assert.equal(await subject(), "second");
  assert.equal(await ask(), 200); // on the connection that was open
  const ended = live.request("POST", `/v1/runs/${slow.json.runId}/cancel`, { ca: second.pem });
  const types = [];
  for await (const { json } of stream) types.push(json.type);
  assert.equal(types.at(-1), "run.cancelled");
  assert.equal((await ended).status, 202);
  kept.destroy();

  const gone = live.nextLog(/cannot be used, the one before stays/);
  await fs.rm(cert);
  assert.match(await gone, /tls\.cert: cannot read \S+live\.pem: No such file/);
  assert.equal(await subject(), "second");
  const back = live.nextLog(/"certificate changed/);
  await fs.writeFile(cert, young[0]); // in place
  await back;
  assert.equal(live.log.filter((line) => /one before stays/.test(line)).length, 3);
  assert.equal(live.log.filter((line) => /"certificate changed/.test(line)).length, 2);
});

test("the PROXY header comes in clear, then TLS", async (t) => {
  const proxied = await startHost({
    t,
    scripts,
    args: [...args, "--trusted-proxies", "127.0.0.1", "--proxy-protocol", "true", "--block", "203.0.113.9"],
    ca: first.pem,
  });
  const header = (...address) => {
    const signature = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");
    return Buffer.concat([signature, Buffer.from([0x21, 0x11, 0, 12, ...address, 127, 0, 0, 1, 0x30, 0x39, 1, 187])]);
  };
  const from = async (address) => {
    const socket = net.connect({ port: proxied.port, host: "127.0.0.1", noDelay: true });
    socket.write(header(...address));
    const secured = tls.connect({ socket, ca: first.pem, servername: "localhost" });
    let text = "";
    secured.on("data", (part) => (text += part));
    secured.write(get("/v1/triggers", `x-api-key: ${proxied.key}\r\nConnection: close\r\n`));
    await closing(secured);
    return Number(/^HTTP\/1.1 (\d+)/.exec(text)?.[1]);
  };
  assert.equal(await from([198, 51, 100, 7]), 200);
  assert.equal(await from([203, 0, 113, 9]), 403);
  const hello = await clientHello();
  assert.equal((await raw([hello], proxied.port)).length, 0); // without the header
  const together = await raw([Buffer.concat([header(198, 51, 100, 7), Buffer.from(get("/"))])], proxied.port);
  assert.match(together.toString(), /^HTTP\/1.1 400 [^]*HTTPS only/);
});

test("what keeps the host from starting is said with what to do", async () => {
  const at = (name) => path.join(folder, name);
  await fs.mkdir(at("scripts"));
  await run("openssl", ["pkey", "-in", first.key, "-aes256", "-passout", "pass:x", "-out", at("locked.key")]);
  await run("openssl", ["req", "-x509", "-newkey", "rsa:1024", "-nodes", "-subj", "/CN=weak", "-keyout", at("weak.key"), "-out", at("weak.pem")]);
  await fs.writeFile(at("text.pem"), "hello\n");
  const cases = [
    [["--tls-cert", first.cert], 2, /tls\.cert is set and tls\.key is not/],
    [["--tls-key", first.key], 2, /tls\.key is set and tls\.cert is not/],
    [["--tls-cert", at("none.pem"), "--tls-key", first.key], 1, /tls\.cert: cannot read \S+none\.pem: No such file or directory/],
    [["--tls-cert", first.cert, "--tls-key", at("none.key")], 1, /tls\.key: cannot read \S+none\.key: No such file or directory/],
    [["--tls-cert", folder, "--tls-key", first.key], 1, /tls\.cert: \S+ is no file/],
    [["--tls-cert", at("text.pem"), "--tls-key", first.key], 1, /tls\.cert: \S+text\.pem holds no PEM certificate/],
    [["--tls-cert", first.cert, "--tls-key", first.cert], 1, /tls\.key: \S+first\.pem holds no PEM key/],
    [["--tls-cert", first.cert, "--tls-key", second.key], 1, /tls\.key: \S+second\.key is not the key of the first certificate in \S+first\.pem/],
    [["--tls-cert", first.cert, "--tls-key", at("locked.key")], 1, /tls\.key: \S+locked\.key has a pass phrase.*openssl pkey -in/],
    [["--tls-cert", at("weak.pem"), "--tls-key", at("weak.key")], 1, /tls\.cert: OpenSSL refuses \S+weak\.pem: ee key too small/],
  ];
  await Promise.all(
    cases.map(async ([flags, code, says], i) => {
      const end = await cli(["serve", "--scripts", at("scripts"), "--data", at(`data${i}`), "--listen", "127.0.0.1:0", ...flags]);
      assert.equal(end.code, code, end.stderr);
      assert.match(end.stderr, says);
      assert.doesNotMatch(end.stderr, /Sanitizer/);
    }),
  );
});

test("an expired certificate and an open key are served with a warning; scripts/host.lua and the environment name them too", async (t) => {
  const old = await expired(folder, "old");
  await fs.chmod(old.key, 0o644);
  const lua = { "host.lua": `return { tls = { cert = ${JSON.stringify(old.cert)}, key = ${JSON.stringify(old.key)} } }` };
  const late = await startHost({ t, scripts: lua });
  assert.match(late.url, /^https:/);
  assert.equal(late.log.filter((line) => /warn .*certificate has expired.*not_after=2020-01-02T00:00:00/.test(line)).length, 1);
  assert.ok(late.log.some((line) => /warn .*read or change the key: chmod 600/.test(line)));
  await assert.rejects(connect({ ca: old.pem }, late.port), /expired/);
  await late.restart({ env: { MOONTIDE_TLS_CERT: first.cert, MOONTIDE_TLS_KEY: first.key } });
  const { socket } = await connect({}, late.port);
  socket.destroy();
  assert.equal(late.log.filter((line) => /certificate has expired/.test(line)).length, 1);
});

test("plain HTTP on an address that others can reach is warned of, unless a proxy is named", async (t) => {
  const warned = (of) => of.log.filter((line) => /warn .*plain HTTP/.test(line)).length;
  const everywhere = (port) => ["--listen", `0.0.0.0:${port}`];
  const plain = await startHost({ t, scripts });
  assert.equal(warned(plain), 0);
  await plain.restart({ args: everywhere(plain.port) });
  assert.equal(warned(plain), 1);
  assert.match(plain.log.find((line) => /plain HTTP/.test(line)), /set tls\.cert and tls\.key, or name the proxy .* in trusted_proxies/);
  await plain.restart({ args: [...everywhere(plain.port), "--trusted-proxies", "10.0.0.1"] });
  await plain.restart({ args: [...everywhere(plain.port), ...args] });
  assert.equal(warned(plain), 1);
});

// ---- the door alone (tests/fault/door_echo.c): large answers and slow readers

async function echo(t, env = {}) {
  const child = spawn(process.env.DOOR_ECHO, {
    env: { ...process.env, ECHO_CERT: first.cert, ECHO_KEY: first.key, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.exitCode === null && child.kill("SIGKILL"));
  const [line] = await once(child.stdout, "data");
  child.stdout.resume();
  const stop = async () => {
    const ended = once(child, "exit");
    child.kill("SIGINT");
    assert.deepEqual(await ended, [0, null]); // the sanitizers' verdict too
  };
  return { port: Number(/port (\d+)/.exec(line)[1]), child, stop };
}

test("4 MiB and a stream of 64 MiB through a reader that pauses, whole", async (t) => {
  const door = await echo(t);
  for (const [where, bytes] of [["/big", 4 << 20], ["/flood", 64 << 20]]) {
    const { message } = await open("GET", `https://127.0.0.1:${door.port}${where}`, { ca: first.pem });
    let got = 0;
    for await (const part of message) {
      const before = got;
      got += part.length;
      if (before >> 20 !== got >> 20) await new Promise((next) => setImmediate(next));
    }
    assert.equal(got, bytes);
  }
  await door.stop();
});

test("an answer that comes later, to clients that shut their side; one record a byte", async (t) => {
  const door = await echo(t);
  const { socket, text } = await connect({ allowHalfOpen: true }, door.port);
  socket.end(get("/later"));
  assert.match(await text(), /^HTTP\/1.1 200 /);
  const bytewise = await connect({}, door.port);
  for (const char of get("/later", "Connection: close\r\n")) bytewise.socket.write(char);
  assert.match(await bytewise.text(), /^HTTP\/1.1 200 /);
  await door.stop();
});

test("drain and stop with handshakes, idle connections and streams open leave nothing behind", async (t) => {
  const hello = await clientHello();
  for (const drain of [true, false]) {
    const door = await echo(t);
    const half = net.connect({ port: door.port, host: "127.0.0.1" });
    half.on("error", () => {});
    half.write(hello.subarray(0, 50));
    const halfClosed = closing(half);
    const idle = await connect({}, door.port);
    const stream = await connect({}, door.port);
    stream.socket.write(get("/stream?n=5"));
    await once(stream.socket, "data");
    if (drain) {
      door.child.kill("SIGTERM");
      await Promise.all([halfClosed, idle.text()]);
      assert.equal((await stream.text()).split("data:").length - 1, 5); // what has begun is finished
    }
    await door.stop();
  }
});
