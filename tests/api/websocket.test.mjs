// SPDX-License-Identifier: MIT
// WebSocket with a real client (npm ws), plain and through TLS, against a door with nothing behind it (tests/fault/door_echo.c, env
// DOOR_ECHO). Every door must end with status 0: the sanitizers' verdict on what it leaked.
import { after, test } from "node:test";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import { readdirSync } from "node:fs";
import https from "node:https";
import net from "node:net";
import tls from "node:tls";
import WebSocket from "ws";
import { certificateFolder, replace, selfSigned } from "./certificates.mjs";

const folder = await certificateFolder(after);
const old = await selfSigned(folder, "localhost");
const young = await selfSigned(folder, "young");
const trusted = [old.pem, young.pem];

async function startDoor(t, way, env = {}) {
  const secure = way === "TLS" ? { ECHO_CERT: old.cert, ECHO_KEY: old.key } : {};
  const child = spawn(process.env.DOOR_ECHO, { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, ...secure, ...env } });
  t.after(() => child.exitCode === null && child.kill("SIGKILL"));
  const [line] = await once(child.stdout, "data");
  const port = Number(/port (\d+)/.exec(line)[1]);
  const descriptors = () => readdirSync(`/proc/${child.pid}/fd`).length;
  return {
    port, descriptors, baseline: descriptors(), scheme: way === "TLS" ? "wss" : "ws",
    drain: () => child.kill("SIGTERM"),
    sleep: () => child.kill("SIGSTOP"),
    wake: () => child.kill("SIGCONT"),
    leap: () => child.kill("SIGUSR1"), // its clock, by 31 s
    async stop() {
      const ended = once(child, "exit");
      child.kill("SIGINT");
      assert.deepEqual(await ended, [0, null]);
    },
  };
}

// Each fact is one test over either door.
const both = (name, check) => {
  for (const way of ["plain", "TLS"]) test(`${way}: ${name}`, (t) => check(t, way));
};

function dial(door, path = "/ws") {
  const socket = new WebSocket(`${door.scheme}://127.0.0.1:${door.port}${path}`, "echo.v1", { ca: trusted });
  socket.closed = new Promise((resolve) => socket.on("close", resolve));
  socket.on("error", () => {}); // what it means shows in `closed`
  return socket;
}

async function connect(door, path) {
  const socket = dial(door, path);
  await Promise.race([once(socket, "open"), socket.closed.then((code) => { throw new Error(`closed with ${code}`); })]);
  return socket;
}

async function echo(socket, message) {
  const answer = once(socket, "message");
  socket.send(message);
  return String((await answer)[0]);
}

async function until(condition, what) { // nothing outside of the process announces it
  for (let i = 0; i < 1000; i++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail(`never: ${what}`);
}

async function settled(socket) { // the door takes no more of it, or has taken all
  let before;
  await until(() => before === (before = socket.bufferedAmount), "a look without a change");
}

both("messages, fragments and pings come back; no extension is agreed on", async (t, way) => {
  const door = await startDoor(t, way);
  const socket = await connect(door);
  assert.deepEqual([socket.protocol, socket.extensions], ["echo.v1", ""]);
  for (const length of [0, 1, 125, 126, 1024, 65_535, 65_536, 1 << 20]) {
    const message = "é".repeat(length / 2) + "x".repeat(length % 2);
    assert.ok((await echo(socket, message)) === message, `${length} bytes`);
  }
  const whole = once(socket, "message");
  socket.send("frag", { fin: false });
  socket.ping("between");
  socket.send("ments", { fin: true });
  assert.equal(String((await once(socket, "pong"))[0]), "between");
  assert.equal(String((await whole)[0]), "fragments");
  socket.close(1000, "done");
  assert.equal(await socket.closed, 1000);
  await door.stop();
});

both("a message over the route's limit closes with 1009, binary with 1003", async (t, way) => {
  const door = await startDoor(t, way);
  const fits = await connect(door, "/ws?max=65536");
  assert.equal((await echo(fits, "x".repeat(65_536))).length, 65_536);
  for (const [message, code] of [["x".repeat(65_537), 1009], ["x".repeat(1 << 20), 1009], [Buffer.from("binary"), 1003]]) {
    const socket = await connect(door, "/ws?max=65536");
    socket.send(message);
    assert.equal(await socket.closed, code);
  }
  assert.equal(await echo(fits, "still here"), "still here");
  await door.stop();
});

both("200 at once, a third of them cut off, leave nothing behind", async (t, way) => {
  const door = await startDoor(t, way);
  const sockets = await Promise.all(Array.from({ length: 200 }, () => connect(door)));
  await Promise.all(sockets.map(async (socket, i) => {
    for (let n = 0; n < 20; n++) {
      assert.equal(await echo(socket, `${i} ${n}`), `${i} ${n}`);
      if (i % 3 === 0 && n === 10) {
        socket.send("flood"); // cut off while much is on its way
        return socket.terminate();
      }
    }
    socket.close();
  }));
  await Promise.all(sockets.map((socket) => socket.closed));
  await until(() => door.descriptors() === door.baseline, "descriptors back to the baseline");
  await door.stop();
});

both("open sockets count as connections, and outlive the deadlines of requests", async (t, way) => {
  const door = await startDoor(t, way, { ECHO_CONNECTIONS: "3", ECHO_IDLE_MS: "200", ECHO_REQUEST_MS: "200" });
  const [first, ...others] = await Promise.all([connect(door), connect(door)]);
  const idle = net.connect(door.port, "127.0.0.1"); // closed by the deadline that a WebSocket has no more
  await once(idle.resume(), "close");
  others.push(await connect(door));
  const refused = dial(door);
  assert.equal(await refused.closed, 1006);
  others[0].terminate();
  await until(async () => {
    const next = dial(door);
    return Promise.race([once(next, "open").then(() => true), next.closed.then(() => false)]);
  }, "a place that became free");
  assert.equal(await echo(first, "alive"), "alive");
  await door.stop();
});

both("a drain closes with 1001, once all is written; new sockets are refused", async (t, way) => {
  const door = await startDoor(t, way);
  const sockets = await Promise.all(Array.from({ length: 20 }, () => connect(door)));
  const reader = await connect(door);
  let bytes = 0;
  reader.on("message", (data) => { bytes += data.length; });
  reader.send("flood");
  await once(reader, "message");
  door.drain();
  assert.deepEqual(await Promise.all(sockets.map((socket) => socket.closed)), Array(20).fill(1001));
  assert.equal(await reader.closed, 1001);
  assert.ok(bytes > 0 && (bytes - 5) % 16_384 === 0, `${bytes} bytes: whole messages only`);
  assert.equal(await dial(door).closed, 1006);
  await door.stop();
});

both("stopping with sockets open and readers that take nothing leaves nothing behind", async (t, way) => {
  const door = await startDoor(t, way);
  const sockets = await Promise.all(Array.from({ length: 10 }, () => connect(door)));
  for (const socket of sockets.slice(5)) {
    socket.send("flood");
    await once(socket, "message");
    socket.pause();
  }
  await door.stop();
  sockets.forEach((socket) => socket.resume());
  await Promise.all(sockets.map((socket) => socket.closed));
});

// While the door sleeps its socket collects many small records. It reads 64 KiB of them at once, and each piece in the tunnel's socket
// pair costs the kernel hundreds of bytes: the pair is full after some three hundred, long before the speaker has its first look.
test("TLS: more records than the tunnel takes come back whole and in order", async (t) => {
  const door = await startDoor(t, "TLS");
  const socket = await connect(door);
  const seen = [], sent = Array.from({ length: 2500 }, (_, i) => String(i));
  const whole = new Promise((resolve) => socket.on("message", (data) => seen.push(String(data)) === sent.length && resolve()));
  door.sleep();
  for (const message of sent) await new Promise((resolve) => socket.send(message, resolve)); // so that each is a record
  door.wake();
  await Promise.race([whole, socket.closed]);
  assert.deepEqual(seen, sent);
  assert.equal(await echo(socket, "and on"), "and on");
  await door.stop();
});

// Echoes of a few bytes fill the other direction of the pair first, large ones the client's own socket.
for (const [what, count, length] of [["small", 100_000, 0], ["large", 600, 65_000]]) {
  both(`a flood of ${what} frames from a client that reads nothing yet comes back whole and in order`, async (t, way) => {
    const door = await startDoor(t, way);
    const socket = await connect(door);
    socket.pause();
    for (let i = 0; i < count; i++) socket.send(String(i).padEnd(length));
    await settled(socket);
    let next = 0;
    const whole = new Promise((resolve, reject) => {
      socket.closed.then((code) => reject(new Error(`closed with ${code} at ${next}`)));
      socket.on("message", (data) => {
        if (data.length < length || parseInt(data, 10) !== next) reject(new Error(`${data} for ${next}`));
        if (++next === count) resolve();
      });
    });
    socket.resume();
    await whole;
    assert.equal(await echo(socket, "and on"), "and on");
    socket.close(1000);
    assert.equal(await socket.closed, 1000);
    await door.stop();
  });
}

both("a client that floods and never reads is closed after 30 s, one that reads is not", async (t, way) => {
  const door = await startDoor(t, way);
  const [deaf, reader] = await Promise.all([connect(door), connect(door)]);
  deaf.pause();
  for (let i = 0; i < 600; i++) deaf.send("x".repeat(65_000));
  await until(() => {
    door.leap();
    return door.descriptors() < door.baseline + (way === "TLS" ? 6 : 2);
  }, "one socket less");
  assert.equal(await deaf.closed, 1006);
  assert.equal(await echo(reader, "alive"), "alive");
  door.leap();
  assert.equal(await echo(reader, "still"), "still");
  await door.stop();
});

both("a drain closes clients that never read after 30 s", async (t, way) => {
  const door = await startDoor(t, way);
  const [flooded, flooding] = await Promise.all([connect(door), connect(door)]);
  flooded.send("flood");
  await once(flooded, "message");
  flooded.pause();
  flooding.pause();
  for (let i = 0; i < 600; i++) flooding.send("x".repeat(65_000));
  await settled(flooding);
  door.drain();
  await until(() => {
    door.leap();
    return door.descriptors() < door.baseline; // the listener has gone as well
  }, "no socket left");
  await door.stop();
  flooded.terminate();
});

test("TLS: a client that ends its TLS with messages under way has them answered", async (t) => {
  const door = await startDoor(t, "TLS");
  const socket = tls.connect({ port: door.port, host: "127.0.0.1", ca: trusted, allowHalfOpen: true });
  const key = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: echo.v1\r\n";
  socket.write(`GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${key}\r\n`);
  assert.match(String((await once(socket, "data"))[0]), /^HTTP\/1\.1 101 /);
  const parts = [];
  socket.on("data", (part) => parts.push(part));
  const ended = once(socket, "close");
  socket.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x6f, 0x6b])); // "ok"
  socket.end();
  await ended;
  assert.match(Buffer.concat(parts).toString("latin1"), /^\x81\x02ok/);
  await until(() => door.descriptors() === door.baseline, "descriptors back to the baseline");
  await door.stop();
});

test("TLS: a new certificate serves the sockets that come after, and those before go on", async (t) => {
  const door = await startDoor(t, "TLS");
  const subject = () => new Promise((resolve, reject) => {
    const options = { port: door.port, host: "127.0.0.1", ca: trusted, agent: false };
    https.get(options, (answer) => resolve(answer.socket.getPeerCertificate().subject.CN)).on("error", reject);
  });
  const sockets = await Promise.all(Array.from({ length: 20 }, () => connect(door)));
  assert.equal(await subject(), "localhost");
  await replace(old.cert, young.pem);
  await replace(old.key, await fs.readFile(young.key, "utf8"));
  let sent = 0;
  await until(async () => {
    await Promise.all(sockets.map((socket) => echo(socket, `m${sent}`)));
    sent++;
    return (await subject()) === "young";
  }, "the new certificate");
  const fresh = await connect(door);
  for (const socket of [...sockets, fresh]) assert.equal(await echo(socket, "on"), "on");
  await door.stop();
});
