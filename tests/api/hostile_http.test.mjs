// SPDX-License-Identifier: MIT
// Hostile and unusual HTTP against a door with nothing behind it (tests/fault/door_echo.c, env DOOR_ECHO). Each row of
// TRAPS about libwebsockets has its test here or in tests/unit/serve/door_test.c.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import net from 'node:net';

const REQUEST_MS = 600;
const binary = process.env.DOOR_ECHO;
const doors = [];

// A door of its own for a test that needs other limits or counts descriptors.
async function open(env = {}) {
  const child = spawn(binary, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
  doors.push(child);
  const [line] = await once(child.stdout, 'data');
  child.stdout.resume();
  return { port: Number(/port (\d+)/.exec(line)[1]), pid: child.pid, child };
}

async function close({ child }) {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, 'exit');
    child.kill('SIGINT');
    await ended;
  }
  assert.equal(child.signalCode, null);
  assert.equal(child.exitCode, 0); // the sanitizers' verdict too
}

// All that the door sends until `enough(text)` or the end; half: our side is shut after writing.
function talk(port, wire, { enough = () => false, half = false, pieces } = {}) {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    let text = '';
    let closed = false;
    const done = (ended) => {
      if (closed) return;
      closed = true;
      socket.destroy();
      resolve({ text, ended, status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0) });
    };
    socket.setNoDelay(true);
    socket.setEncoding('latin1');
    socket.on('connect', async () => {
      for (const piece of pieces ?? [wire]) {
        if (socket.destroyed) return;
        socket.write(Buffer.from(piece, 'latin1'));
        if (pieces) await new Promise(setImmediate);
      }
      if (half) socket.end();
    });
    socket.on('data', (part) => {
      text += part;
      if (enough(text)) done(false);
    });
    socket.on('end', () => done(true));
    socket.on('error', (error) => (error.code === 'ECONNRESET' || error.code === 'EPIPE' ? done(true) : reject(error)));
  });
}

const complete = (text) => {
  const head = text.indexOf('\r\n\r\n');
  const length = /content-length: (\d+)/i.exec(text);
  return head >= 0 && length && text.length >= head + 4 + Number(length[1]);
};
const body = (text) => JSON.parse(text.slice(text.lastIndexOf('\r\n\r\n') + 4));
const count = (text, what) => text.split(what).length - 1;

const cpuMs = (pid) => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
};
const descriptors = (pid) => readdirSync(`/proc/${pid}/fd`).length;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// The condition has no event outside of the door's process; it must come true within ten seconds.
async function until(condition, what) {
  for (let i = 0; i < 1000; i++) {
    if (condition()) return;
    await pause(10);
  }
  assert.fail(`never: ${what}`);
}

// CPU time is only to be had over an interval: this is the one wait for time here.
async function assertIdle(pid) {
  const before = cpuMs(pid);
  await pause(1000);
  const used = cpuMs(pid) - before;
  assert.ok(used <= 30, `an idle door used ${used} ms of CPU in a second`);
}

function readStream(port, path = '/stream') {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.on('error', reject);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`);
    socket.once('data', () => resolve(socket));
  });
}

let door;
before(async () => {
  assert.ok(binary, 'set DOOR_ECHO to the path of door_echo');
  door = await open({ ECHO_REQUEST_MS: String(REQUEST_MS) });
});
after(async () => {
  for (const child of doors) {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  }
});

test('two pipelined POSTs: the first runs once, the second never', async () => {
  const post = (path) => `POST ${path} HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi`;
  for (const path of ['/first', '/later']) {
    const { text, ended } = await talk(door.port, post(path) + post('/second'));
    assert.ok(ended);
    assert.equal(count(text, 'HTTP/1.1 200'), 1);
    assert.match(text, /Connection: close/);
    assert.equal(count(text, '/second'), 0);
  }
});

test('a hundred pipelined GETs get one answer', async () => {
  const { text, ended } = await talk(door.port, 'GET / HTTP/1.1\r\nHost: h\r\n\r\n'.repeat(100));
  assert.ok(ended);
  assert.equal(count(text, 'HTTP/1.1'), 1);
});

test('a stray CRLF behind a body is swallowed and the connection lives on', async () => {
  const post = 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi\r\n';
  const socket = net.connect(door.port, '127.0.0.1');
  for (let i = 0; i < 3; i++) {
    socket.write(post);
    let text = '';
    while (!complete(text)) text += (await once(socket, 'data'))[0].toString('latin1');
    assert.equal(body(text).bytes, 2);
    assert.doesNotMatch(text, /Connection: close/);
  }
  socket.destroy();
});

test('a chunked body is decoded at every split', async () => {
  const wire = 'POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nA: b\r\n\r\n';
  const whole = body((await talk(door.port, wire)).text);
  assert.equal(whole.bytes, 11);
  const splits = [];
  for (let cut = 1; cut < wire.length; cut++) splits.push([wire.slice(0, cut), wire.slice(cut)]);
  splits.push([...wire]);
  for (let i = 0; i < splits.length; i += 16) {
    const answers = await Promise.all(splits.slice(i, i + 16).map((pieces) => talk(door.port, null, { pieces })));
    for (const { text, ended } of answers) {
      assert.deepEqual([body(text).bytes, body(text).hash], [11, whole.hash]);
      assert.match(text, /Connection: close/);
      assert.ok(ended);
    }
  }
});

test('a large body arrives whole, counted and chunked', async () => {
  const part = 'x'.repeat(50000);
  const counted = await talk(door.port, `POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n${part.repeat(20)}`, { enough: complete });
  const chunked = await talk(door.port, `POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n${`c350\r\n${part}\r\n`.repeat(20)}0\r\n\r\n`);
  assert.equal(body(counted.text).bytes, 1000000);
  assert.equal(body(chunked.text).hash, body(counted.text).hash);
});

test('Expect: 100-continue is answered, and not when the request is refused', async () => {
  const head = (path) => `POST ${path} HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n`;
  const said = await talk(door.port, head('/'), { enough: (text) => text.includes('\r\n\r\n') });
  assert.equal(said.text, 'HTTP/1.1 100 Continue\r\n\r\n');
  const refused = await talk(door.port, head('/refuse'));
  assert.equal(refused.status, 401);
});

test('what could be smuggled is refused', async () => {
  const post = (headers) => `POST / HTTP/1.1\r\nHost: h\r\n${headers}\r\n\r\n0\r\n\r\n`;
  for (const headers of [
    'Content-Length: 5\r\nContent-Length: 6', 'Content-Length: 5\r\nContent-Length: 5', 'Content-Length: 5, 5', 'Content-Length: -1',
    'Content-Length: +5', 'Content-Length: 0x5', 'Content-Length: 5 5', 'Content-Length: 99999999999999999999', 'Content-Length:',
    'Content-Length: 5\r\nTransfer-Encoding: chunked', 'Transfer-Encoding: chunked\r\nContent-Length: 5',
    'Transfer-Encoding: gzip', 'Transfer-Encoding: chunked, chunked', 'Transfer-Encoding: identity', 'Transfer-Encoding: \x0bchunked',
    'Transfer-Encoding : chunked', ' Transfer-Encoding: chunked', 'X: y\r\n Transfer-Encoding: chunked', 'X: a\rb', 'X: a\nContent-Length: 3', 'X: \0',
  ]) {
    const { text, status, ended } = await talk(door.port, post(headers));
    assert.equal(status, 400, headers);
    assert.ok(ended, headers);
    assert.equal(count(text, 'HTTP/1.1'), 1);
    assert.equal(body(text).code, 'bad_request');
  }
});

test('heads that are no HTTP/1 are refused', async () => {
  for (const [wire, status] of [
    ['CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n', 405],
    ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505],
    ['GET / HTTP/3.0\r\nHost: h\r\n\r\n', 505],
    ['GET /\r\n\r\n', 400],
    ['GET / HTTP/1.1\r\n\r\n', 400],
    ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
    ['\n', 400],
    ['\0', 400],
    ['GET / HTTP/1.1\nHost: h\n\n', 400],
  ]) {
    const answer = await talk(door.port, wire);
    assert.equal(answer.status, status, JSON.stringify(wire));
    assert.ok(answer.ended);
  }
});

test('h2c is not upgraded to, HTTP/1.0 is closed, other methods are handed on', async () => {
  const h2c = await talk(door.port, 'GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n', { enough: complete });
  assert.equal(h2c.status, 200);
  const old = await talk(door.port, 'GET /old HTTP/1.0\r\n\r\n');
  assert.equal(old.status, 200);
  assert.ok(old.ended);
  const other = await talk(door.port, 'PROPFIND / HTTP/1.1\r\nHost: h\r\n\r\n', { enough: complete });
  assert.equal(body(other.text).method, 'PROPFIND');
});

test('sizes: 414, 431, 413', async () => {
  const long = await talk(door.port, `GET /${'a'.repeat(9000)} HTTP/1.1\r\nHost: h\r\n\r\n`);
  assert.equal(long.status, 414);
  const line = await talk(door.port, 'a'.repeat(40000));
  assert.equal(line.status, 414);
  const header = await talk(door.port, `GET / HTTP/1.1\r\nHost: h\r\nX: ${'a'.repeat(40000)}\r\n\r\n`);
  assert.equal(header.status, 431);
  const many = await talk(door.port, `GET / HTTP/1.1\r\nHost: h\r\n${'a: b\r\n'.repeat(5000)}\r\n`);
  assert.equal(many.status, 431);
  const fits = await talk(door.port, `GET / HTTP/1.1\r\nHost: h\r\nX: ${'a'.repeat(16000)}\r\n\r\n`, { enough: complete });
  assert.equal(fits.status, 200);
  const large = await talk(door.port, 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1048577\r\n\r\n');
  assert.equal(large.status, 413);
  const chunks = await talk(door.port, `POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n${`10000\r\n${'x'.repeat(65536)}\r\n`.repeat(40)}0\r\n\r\n`);
  assert.equal(chunks.status, 413);
});

test('the path and the query come as sent', async () => {
  const { text } = await talk(door.port, 'GET /a%2Fb//../%zz;x?q=%41+b&&&c=%00 HTTP/1.1\r\nHost: h\r\nX-Seen: 1\r\nX-Seen: 2\r\n\r\n', { enough: complete });
  assert.deepEqual([body(text).path, body(text).query, body(text).seen], ['/a%2Fb//../%zz;x', 'q=%41+b&&&c=%00', '1, 2']);
});

test('a slow head and a slow body are given up in time, however busy they look', async () => {
  for (const start of ['GET / HTTP/1.1\r\nHost: h\r\nX: ', 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n']) {
    const socket = net.connect(door.port, '127.0.0.1');
    socket.on('error', () => {});
    const began = performance.now();
    socket.write(start);
    const drip = setInterval(() => socket.write('x'), 20);
    let text = '';
    socket.on('data', (part) => (text += part));
    await once(socket, 'close');
    clearInterval(drip);
    assert.match(text, /^HTTP\/1\.1 408 /);
    assert.ok(performance.now() - began >= REQUEST_MS);
  }
});

test('a refused upload can read its answer', async () => {
  const { status, ended } = await talk(door.port, `POST /refuse HTTP/1.1\r\nHost: h\r\nContent-Length: 8000000\r\n\r\n${'x'.repeat(8000000)}`);
  assert.equal(status, 401);
  assert.ok(ended);
});

test('a client that shut its side gets its answer, at once or later', async () => {
  for (const path of ['/', '/later', '/big']) {
    const { text, status } = await talk(door.port, `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`, { half: true });
    assert.equal(status, 200);
    assert.ok(complete(text));
  }
});

test('a large answer and a fast stream arrive whole', async () => {
  const big = await talk(door.port, 'GET /big HTTP/1.1\r\nHost: h\r\n\r\n', { enough: complete });
  assert.equal(big.text.length - big.text.indexOf('\r\n\r\n') - 4, 4 << 20);
  const flood = await talk(door.port, 'GET /flood HTTP/1.1\r\nHost: h\r\n\r\n');
  assert.equal(flood.text.length - flood.text.indexOf('\r\n\r\n') - 4, 64 << 20);
});

test('a stream ends, and closed or talking stream clients cost nothing', async () => {
  const five = await talk(door.port, 'GET /stream?n=5 HTTP/1.1\r\nHost: h\r\n\r\n');
  assert.equal(count(five.text, 'data: tick\n\n'), 5);
  const own = await open();
  const baseline = descriptors(own.pid);
  const readers = await Promise.all(Array.from({ length: 8 }, () => readStream(own.port)));
  readers[0].destroy();
  readers[1].end();
  readers[2].write('what is this?');
  readers[3].write('x');
  readers[3].end();
  readers[4].resetAndDestroy();
  for (const reader of readers.slice(5)) reader.destroy();
  readers[2].destroy();
  await until(() => descriptors(own.pid) === baseline, 'descriptors back to the baseline');
  await assertIdle(own.pid);
  await close(own);
});

test('a reader that stops reading, talks and shuts its side does not spin the loop', async () => {
  const own = await open();
  const sockets = [];
  for (const path of ['/flood', '/big']) {
    const socket = await readStream(own.port, path);
    socket.pause();
    socket.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n'.repeat(100));
    socket.end();
    sockets.push(socket);
  }
  await assertIdle(own.pid);
  for (const socket of sockets) socket.destroy();
  await close(own);
});

test('half-open and silent connections are cheap and let go', async () => {
  const own = await open({ ECHO_IDLE_MS: '300' });
  const baseline = descriptors(own.pid);
  const sockets = Array.from({ length: 50 }, () => net.connect(own.port, '127.0.0.1').on('error', () => {}));
  await Promise.all(sockets.map((socket) => once(socket, 'close')));
  await until(() => descriptors(own.pid) === baseline, 'descriptors back to the baseline');
  await close(own);
});

test('a caller that hangs up while waiting is forgotten once it is gone for good', async () => {
  const own = await open();
  const sockets = Array.from({ length: 20 }, () => net.connect(own.port, '127.0.0.1').on('error', () => {}));
  for (const socket of sockets) socket.write('GET /never HTTP/1.1\r\nHost: h\r\n\r\n');
  const before = await talk(own.port, 'GET / HTTP/1.1\r\nHost: h\r\n\r\n', { enough: complete });
  assert.equal(body(before.text).gone, 0);
  for (const socket of sockets) socket.resetAndDestroy();
  let gone = 0;
  while (gone < 20) gone = body((await talk(own.port, 'GET / HTTP/1.1\r\nHost: h\r\n\r\n', { enough: complete })).text).gone;
  await close(own);
});

test('connections over the limit are told so', async () => {
  const own = await open({ ECHO_CONNECTIONS: '3' });
  const first = await Promise.all([readStream(own.port), readStream(own.port), readStream(own.port)]);
  const refused = await talk(own.port, 'GET / HTTP/1.1\r\nHost: h\r\n\r\n');
  assert.equal(refused.status, 503);
  assert.match(refused.text, /Retry-After: 1/);
  for (const socket of first) socket.destroy();
  await close(own);
});

test('running out of descriptors stops nobody for good', async () => {
  const child = spawn('sh', ['-c', `ulimit -n 40; exec "${binary}"`], { stdio: ['ignore', 'pipe', 'ignore'] });
  doors.push(child);
  const [line] = await once(child.stdout, 'data');
  const port = Number(/port (\d+)/.exec(line)[1]);
  const sockets = Array.from({ length: 80 }, () => net.connect(port, '127.0.0.1').on('error', () => {}));
  await Promise.race(sockets.map((socket) => once(socket, 'close')));
  await assertIdle(child.pid);
  for (const socket of sockets) socket.destroy();
  let status = 0;
  await until(() => {
    talk(port, 'GET / HTTP/1.1\r\nHost: h\r\n\r\n', { enough: complete }).then((answer) => (status = answer.status), () => {});
    return status === 200;
  }, 'an answer');
  child.kill('SIGKILL');
});

test('five thousand idle connections do not slow requests', async () => {
  const own = await open();
  const cost = async () => {
    const socket = net.connect(own.port, '127.0.0.1').setNoDelay(true);
    const began = cpuMs(own.pid);
    for (let i = 0; i < 3000; i++) {
      socket.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
      await once(socket, 'data');
    }
    socket.destroy();
    return cpuMs(own.pid) - began;
  };
  const alone = await cost();
  const sockets = [];
  for (let i = 0; i < 50; i++) {
    const some = Array.from({ length: 100 }, () => net.connect(own.port, '127.0.0.1'));
    await Promise.all(some.map((socket) => once(socket, 'connect')));
    sockets.push(...some);
  }
  const crowded = await cost();
  assert.ok(crowded <= 2 * alone + 100, `${alone} ms of CPU alone, ${crowded} ms beside 5,000 idle connections`);
  await assertIdle(own.pid);
  for (const socket of sockets) socket.destroy();
  await close(own);
});

// Deterministic, so that a failure can be run again: Marsaglia's xorshift32.
function randomizer(seed) {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const templates = [
  'GET /a?b=c HTTP/1.1\r\nHost: h\r\nAccept: */*\r\n\r\n',
  'POST /later HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{"a":[1,2,3]}',
  'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  'GET /stream?n=1 HTTP/1.1\r\nHost: h\r\nLast-Event-ID: 7\r\n\r\n',
  'POST /refuse HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\nabcd',
  'GET /v1/ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
];
const spice = ['\r\n', '\n', '\r', '\0', ' ', ':', ',', '%', '\xff', '0', '-1', 'chunked', 'Content-Length: 1\r\n', 'HTTP/1.1', '\r\n\r\n', '/../'];

function mutate(random) {
  let wire = templates[random(templates.length)];
  for (let i = 1 + random(3); i > 0; i--) {
    const at = random(wire.length + 1);
    const kind = random(4);
    if (kind === 0) wire = wire.slice(0, at) + spice[random(spice.length)] + wire.slice(at);
    else if (kind === 1) wire = wire.slice(0, at) + wire.slice(at + 1 + random(8));
    else if (kind === 2) wire = wire.slice(0, at) + String.fromCharCode(random(256)) + wire.slice(at + 1);
    else wire = wire.slice(0, at) + wire.slice(random(at + 1));
  }
  return wire;
}

test('ten thousand mutated requests leave the door alive, idle and without a descriptor more', async () => {
  const own = await open({ ECHO_REQUEST_MS: String(REQUEST_MS) });
  const baseline = descriptors(own.pid);
  const random = randomizer(20261121);
  const wires = Array.from({ length: 10000 }, () => mutate(random));
  let next = 0;
  await Promise.all(Array.from({ length: 32 }, async () => {
    while (next < wires.length) {
      const wire = wires[next++];
      const { text } = await talk(own.port, wire, { half: true, enough: (got) => got.includes('data: tick') });
      assert.ok(text === '' || text.startsWith('HTTP/1.1 '), JSON.stringify({ wire, text }));
    }
  }));
  const alive = await talk(own.port, 'GET /alive HTTP/1.1\r\nHost: h\r\n\r\n', { enough: complete });
  assert.equal(alive.status, 200);
  await until(() => descriptors(own.pid) === baseline, 'descriptors back to the baseline');
  await assertIdle(own.pid);
  await close(own);
});

test('the door drains and ends without a leak', async () => {
  const own = await open();
  const stream = await readStream(own.port);
  const idle = net.connect(own.port, '127.0.0.1').on('error', () => {});
  await once(idle, 'connect');
  const answer = talk(own.port, 'GET /never HTTP/1.1\r\nHost: h\r\n\r\n');
  await talk(own.port, 'GET / HTTP/1.1\r\nHost: h\r\n\r\n', { enough: complete }); // all before it are accepted by now
  own.child.kill('SIGTERM');
  await once(idle, 'close');
  await assert.rejects(talk(own.port, 'GET / HTTP/1.1\r\nHost: h\r\n\r\n'), { code: 'ECONNREFUSED' });
  await once(stream, 'data'); // what is in progress goes on
  await close(own);
  assert.equal((await answer).text, '');
  stream.destroy();
  await close(door);
});
