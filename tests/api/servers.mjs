// SPDX-License-Identifier: MIT
// servers.mjs - servers of a test that scripts call: one that holds each call until the test answers it, so that a test stands
// at a known point of a run without any clock.
import { once } from "node:events";
import http from "node:http";

async function listen(handler) {
  const server = http.createServer(handler);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = `127.0.0.1:${server.address().port}`;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { server, address, url: `http://${address}/`, close };
}

// next(): the next call as { run, step, request, body, answer(json, status, headers), gone }, once it is there; gone is a promise of
// the end of its connection.
export async function gateServer() {
  const waiting = [];
  const calls = [];
  const pair = () => {
    while (waiting.length && calls.length) waiting.shift()(calls.shift());
  };
  const { server, ...rest } = await listen(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    const [, run, step] = /^(run_\w+)-(\d+)$/.exec(request.headers["idempotency-key"] ?? "") ?? [];
    const answer = (json, status = 200, headers = {}) => {
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(JSON.stringify(json));
    };
    const gone = new Promise((resolve) => response.on("close", resolve));
    calls.push({ run, step: Number(step), request, gone, body: Buffer.concat(parts).toString(), answer });
    pair();
  });
  const next = () => new Promise((resolve) => {
    waiting.push(resolve);
    pair();
  });
  return { ...rest, next };
}

// Answers each call by fn(request, n): {status, headers, json | text}; `calls` tells what came.
export async function answerServer(fn) {
  const calls = [];
  const { server, ...rest } = await listen(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    const call = { method: request.method, path: request.url, headers: request.headers, body: Buffer.concat(parts).toString() };
    calls.push(call);
    const { status = 200, headers = {}, json, text } = fn(call, calls.length);
    response.writeHead(status, { ...(json === undefined ? {} : { "content-type": "application/json" }), ...headers });
    response.end(json === undefined ? text : JSON.stringify(json));
  });
  return { ...rest, calls };
}
