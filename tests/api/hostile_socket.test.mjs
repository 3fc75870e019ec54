// SPDX-License-Identifier: MIT
// WebSocket at the level of frames, plain and through TLS, against a door with nothing behind it (tests/fault/door_echo.c, env
// DOOR_ECHO).
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import net from 'node:net';
import tls from 'node:tls';
import { certificateFolder, selfSigned } from './certificates.mjs';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const ACCEPT = createHash('sha1').update(`${KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
const TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10;

async function startDoor(env) {
  assert.ok(process.env.DOOR_ECHO, 'set DOOR_ECHO to the path of door_echo');
  const child = spawn(process.env.DOOR_ECHO, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } });
  const [line] = await once(child.stdout, 'data');
  const descriptors = () => readdirSync(`/proc/${child.pid}/fd`).length;
  return { child, port: Number(/port (\d+)/.exec(line)[1]), descriptors, baseline: descriptors() };
}

const doors = {};
before(async () => {
  const { cert, key, pem } = await selfSigned(await certificateFolder(after), 'localhost');
  doors.plain = await startDoor({});
  doors.TLS = { ...(await startDoor({ ECHO_CERT: cert, ECHO_KEY: key })), ca: pem };
});
after(() => Object.values(doors).forEach(({ child }) => child.exitCode === null && child.kill('SIGKILL')));

// Each fact is one test over either door.
const both = (name, check) => {
  for (const way of ['plain', 'TLS']) test(`${way}: ${name}`, () => check(doors[way]));
};

const request = (changes = {}) => {
  const headers = {
    Host: 'h', Upgrade: 'websocket', Connection: 'keep-alive, Upgrade', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': KEY,
    'Sec-WebSocket-Protocol': 'other, echo.v1', ...changes,
  };
  const lines = Object.entries(headers).filter(([, value]) => value !== null).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET /ws?x=1 HTTP/1.1\r\n${lines.join('')}\r\n`;
};

function frame(opcode, data, { final = true, masked = true } = {}) {
  const payload = Buffer.from(data);
  const length = payload.length;
  const head = length < 126 ? Buffer.from([0, length]) : length < 65536 ? Buffer.from([0, 126, 0, 0]) : Buffer.alloc(10);
  if (length >= 65536) {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(length), 2);
  } else if (length >= 126) {
    head.writeUInt16BE(length, 2);
  }
  head[0] = (final ? 0x80 : 0) | opcode;
  if (!masked) return Buffer.concat([head, payload]);
  head[1] |= 0x80;
  const mask = Buffer.from([1, 2, 3, 4]);
  return Buffer.concat([head, mask, payload.map((byte, i) => byte ^ mask[i % 4])]);
}

// A connection whose next() resolves to the next frame, or to null at its end.
class Client {
  constructor({ port, ca }, hello = request()) {
    this.bytes = Buffer.alloc(0);
    this.ended = false;
    this.wire = net.connect(port, '127.0.0.1').setNoDelay(true);
    this.wire.on('error', () => {});
    this.socket = ca ? tls.connect({ socket: this.wire, host: '127.0.0.1', ca }) : this.wire;
    this.socket.on('data', (part) => { this.bytes = Buffer.concat([this.bytes, part]); this.wake?.(); });
    this.socket.on('close', () => { this.ended = true; this.wake?.(); });
    this.socket.on('error', () => {});
    this.socket.write(hello);
  }

  async more() {
    await new Promise((resolve) => { this.wake = resolve; });
  }

  async head() {
    let end;
    while ((end = this.bytes.indexOf('\r\n\r\n')) < 0 && !this.ended) await this.more();
    const head = this.bytes.subarray(0, end + 4).toString('latin1');
    this.bytes = this.bytes.subarray(end + 4);
    return head;
  }

  take() {
    if (this.bytes.length < 2) return undefined;
    const short = this.bytes[1] & 0x7f;
    const start = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (this.bytes.length < start) return undefined;
    const length = short < 126 ? short : short === 126 ? this.bytes.readUInt16BE(2) : Number(this.bytes.readBigUInt64BE(2));
    if (this.bytes.length < start + length) return undefined;
    const got = { opcode: this.bytes[0] & 15, final: this.bytes[0] >> 7 === 1, data: this.bytes.subarray(start, start + length) };
    this.bytes = this.bytes.subarray(start + length);
    return got;
  }

  async next() {
    for (;;) {
      const got = this.take();
      if (got) return got;
      if (this.ended) return null;
      await this.more();
    }
  }

  send(...frames) {
    this.socket.write(Buffer.concat(frames));
  }
}

async function connected(door) {
  const client = new Client(door);
  assert.match(await client.head(), /^HTTP\/1\.1 101 /);
  return client;
}

const code = (got) => (got?.opcode === CLOSE && got.data.length >= 2 ? got.data.readUInt16BE(0) : got);
async function until(condition, what) { // nothing outside of the process announces it
  for (let i = 0; i < 1000; i++) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail(`never: ${what}`);
}

both('the handshake names the protocol and no extension', async (door) => {
  const client = new Client(door, request({ 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' }));
  const head = await client.head();
  assert.match(head, /^HTTP\/1\.1 101 Switching Protocols\r\n/);
  assert.ok(head.includes(ACCEPT));
  assert.match(head, /Sec-WebSocket-Protocol: echo\.v1\r\n/i);
  assert.doesNotMatch(head, /extensions/i);
  client.socket.destroy();
});

both('what is no proper upgrade is answered as HTTP', async (door) => {
  for (const changes of [
    { 'Sec-WebSocket-Version': '8' }, { 'Sec-WebSocket-Key': null }, { 'Sec-WebSocket-Key': 'short' }, { 'Sec-WebSocket-Protocol': null },
    { 'Sec-WebSocket-Protocol': 'door' }, { Connection: 'close' }, { Upgrade: 'h2c' }, { 'Sec-WebSocket-Key': `${KEY.slice(0, 20)}\x80\x80==` },
  ]) {
    const client = new Client(door, request(changes));
    assert.match(await client.head(), /^HTTP\/1\.1 426 /, JSON.stringify(changes));
    client.socket.destroy();
  }
  const eager = new Client(door, request() + 'frames before the 101');
  assert.match(await eager.head(), /^HTTP\/1\.1 426 /);
});

both('messages come back whole: in fragments, byte by byte, of every length form, empty', async (door) => {
  const client = await connected(door);
  client.send(frame(TEXT, 'one'));
  assert.equal(String((await client.next()).data), 'one');
  client.send(frame(TEXT, 'fr', { final: false }), frame(PING, 'between'), frame(0, 'ag', { final: false }), frame(0, 'ments'));
  const both = [await client.next(), await client.next()].sort((a, b) => a.opcode - b.opcode);
  assert.deepEqual(both.map((got) => [got.opcode, String(got.data)]), [[TEXT, 'fragments'], [PONG, 'between']]);
  for (const byte of frame(TEXT, 'slowly')) {
    client.send(Buffer.from([byte]));
    await new Promise(setImmediate);
  }
  assert.equal(String((await client.next()).data), 'slowly');
  for (const length of [0, 125, 126, 65535, 65536, 1 << 20]) {
    client.send(frame(TEXT, 'x'.repeat(length)));
    let got = await client.next();
    const parts = [got.data];
    while (!got.final) parts.push((got = await client.next()).data);
    assert.equal(Buffer.concat(parts).length, length);
  }
  client.socket.destroy();
});

both('many messages in one segment keep their order', async (door) => {
  const client = await connected(door);
  client.send(...Array.from({ length: 500 }, (_, i) => frame(TEXT, `m${i}`)));
  for (let i = 0; i < 500; i++) assert.equal(String((await client.next()).data), `m${i}`);
  client.socket.destroy();
});

both('closing: ours with 1000, theirs answered, a wrong one told why', async (door) => {
  const ours = await connected(door);
  ours.send(frame(TEXT, 'bye'));
  assert.equal(code(await ours.next()), 1000);
  ours.send(frame(CLOSE, [3, 232]));
  assert.equal(await ours.next(), null);

  const theirs = await connected(door);
  theirs.send(frame(CLOSE, [3, 232]));
  assert.equal(code(await theirs.next()), 1000);
  theirs.socket.end();
  assert.equal(await theirs.next(), null);

  for (const [frames, want] of [
    [[frame(BINARY, 'x')], 1003],
    [[frame(TEXT, 'x'.repeat((1 << 20) + 1))], 1009],
    [Array.from({ length: 40 }, (_, i) => frame(i ? 0 : TEXT, 'x'.repeat(60000), { final: false })), 1009],
    [[frame(TEXT, [0xff, 0xfe])], 1007],
  ]) {
    const client = await connected(door);
    client.send(...frames);
    assert.equal(code(await client.next()), want);
    client.socket.destroy();
  }
});

both('malformed frames end the connection and nothing else', async (door) => {
  for (const wire of [
    frame(TEXT, 'unmasked', { masked: false }), frame(3, 'reserved opcode'), frame(0, 'continues nothing'), frame(PING, 'x'.repeat(126)),
    frame(PING, 'x', { final: false }), frame(CLOSE, [0]), Buffer.concat([Buffer.from([0xc1, 0x80]), Buffer.alloc(4)]),
    Buffer.from([0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4]),
  ]) {
    const client = await connected(door);
    client.send(wire);
    client.socket.end();
    while (await client.next());
  }
  const client = await connected(door);
  client.send(frame(TEXT, 'alive'));
  assert.equal(String((await client.next()).data), 'alive');
  client.socket.destroy();
});

both('a fast sender waits for a slow reader and loses nothing', async (door) => {
  const client = await connected(door);
  client.send(frame(TEXT, 'flood'));
  assert.equal(String((await client.next()).data), 'flood');
  client.socket.pause();
  client.send(...Array.from({ length: 100 }, () => frame(PING, 'are you there?')));
  await new Promise((resolve) => setTimeout(resolve, 300));
  const stat = () => readFileSync(`/proc/${door.child.pid}/stat`, 'latin1').split(') ')[1].split(' ');
  const used = () => (Number(stat()[11]) + Number(stat()[12])) * 10;
  const before = used();
  await new Promise((resolve) => setTimeout(resolve, 1000)); // CPU time is only to be had over an interval
  assert.ok(used() - before <= 30, 'a paused reader must not spin the loop');
  client.socket.resume();
  let bytes = 0;
  while (bytes < 64 << 20) {
    const got = await client.next();
    if (got.opcode !== PONG) bytes += got.data.length;
  }
  assert.equal(bytes, 64 << 20);
  client.socket.destroy();
});

both('random frames and hang-ups leave no descriptor behind', async (door) => {
  let state = 4242;
  const random = (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
  for (let round = 0; round < 60; round++) {
    await Promise.all(Array.from({ length: 16 }, async () => {
      const client = await connected(door);
      const wire = Buffer.concat(Array.from({ length: 1 + random(4) }, () => frame(random(16), 'x'.repeat(random(300)), { final: random(4) > 0 })));
      for (let i = random(3); i > 0; i--) wire[random(wire.length)] = random(256);
      client.send(wire);
      if (random(3) === 0) client.wire.resetAndDestroy();
      else client.socket.end();
      while (await client.next());
    }));
  }
  await until(() => door.descriptors() === door.baseline, 'descriptors back to the baseline');
});

both('the door closes with sockets open', async (door) => {
  const client = await connected(door);
  const ended = once(door.child, 'exit');
  door.child.kill('SIGINT');
  const [status] = await ended;
  assert.equal(status, 0); // the sanitizers' verdict too
  while (await client.next());
});
