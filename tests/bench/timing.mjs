// SPDX-License-Identifier: MIT
// Whether the time of a refusal tells how much of a secret was right, or what there is: MOONTIDE=build/moontide node tests/bench/timing.mjs
// [N] [SEED]. Not part of CI (noise is no failure); the unit test serve/constant_time watches what is compared, and how.
// Each row asks N times in each of two ways, in an order drawn at random, over one kept connection (refusals without a key wait on purpose:
// there over sixteen), and compares the round trips by Welch's t,
// of all of them and of the fastest nine tenths. |t| over 4.5 in every run is a difference; once is not. The last rows are CPU per refusal.
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { readFileSync, readdirSync } from "node:fs";
import net from "node:net";
import { startHost } from "../api/host.mjs";

const N = Number(process.argv[2] ?? 10_000);
const SEED = Number(process.argv[3] ?? 20261121);
const CPU_REQUESTS = 20_000;

// mulberry32
function seeded(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function connect(host) {
  const { hostname, port } = new URL(host.url);
  const socket = net.connect(Number(port), hostname).setNoDelay();
  await once(socket, "connect");
  let got = Buffer.alloc(0), whole;
  socket.on("data", (part) => {
    got = got.length ? Buffer.concat([got, part]) : part;
    const head = got.indexOf("\r\n\r\n");
    const length = head < 0 ? 0 : Number(/content-length: (\d+)/i.exec(got.latin1Slice(0, head))?.[1] ?? 0);
    if (head < 0 || got.length < head + 4 + length) return;
    const at = process.hrtime.bigint(), status = got.latin1Slice(9, 12);
    got = Buffer.alloc(0);
    whole({ at, status });
  });
  const ask = (bytes) => new Promise((resolve) => {
    whole = resolve;
    socket.write(bytes);
  });
  return { ask, close: () => socket.destroy() };
}

const bytesOf = (method, where, headers, body = "") =>
  Buffer.from(`${method} ${where} HTTP/1.1\r\nHost: x\r\n${Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("")}` +
    `${method === "POST" ? `Content-Length: ${Buffer.byteLength(body)}\r\n` : ""}\r\n${body}`);

function welch(a, b) {
  const moments = (v) => {
    const mean = v.reduce((sum, x) => sum + x, 0) / v.length;
    return { mean, error: v.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (v.length - 1) / v.length };
  };
  const [x, y] = [moments(a), moments(b)];
  return { t: (x.mean - y.mean) / Math.sqrt(x.error + y.error), means: [x.mean, y.mean] };
}

async function compare(host, name, first, second, lanes = 1) {
  const random = seeded(SEED);
  const ways = [first, second];
  const left = [N, N], times = [[], []];
  const lane = async () => {
    const { ask, close } = await connect(host);
    for (let i = 0; i < 500 / lanes; i++) await ask(ways[i % 2]); // warm
    while (left[0] + left[1] > 0) {
      let way = random() < 0.5 ? 0 : 1;
      if (left[way] === 0) way = 1 - way;
      left[way]--;
      const from = process.hrtime.bigint();
      const answer = await ask(ways[way]);
      if (answer.status !== "401") throw new Error(`${name}: ${answer.status}`);
      times[way].push(Number(answer.at - from) / 1000);
    }
    close();
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  const cut = [...times[0], ...times[1]].sort((x, y) => x - y)[Math.floor(2 * N * 0.9)];
  const all = welch(...times), cropped = welch(...times.map((v) => v.filter((x) => x < cut)));
  const show = (x) => x.toFixed(2).padStart(7);
  console.log(`${name.padEnd(58)} ${show(cropped.means[0])} ${show(cropped.means[1])} us   t ${show(all.t)}   cropped ${show(cropped.t)}` +
    `${Math.abs(cropped.t) > 4.5 ? "   <- look" : ""}`);
}

// Of all threads of the host, in microseconds.
function cpu_us(pid) {
  let ns = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) ns += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]);
  return ns / 1000;
}

async function cost(host, name, bytes) {
  const connections = await Promise.all(Array.from({ length: 8 }, () => connect(host)));
  const before = cpu_us(host.pid);
  let left = CPU_REQUESTS;
  await Promise.all(connections.map(async ({ ask }) => {
    while (left-- > 0) if ((await ask(bytes)).status !== "401") throw new Error(name);
  }));
  const spent = (cpu_us(host.pid) - before) / CPU_REQUESTS;
  for (const { close } of connections) close();
  console.log(`${name.padEnd(58)} ${spent.toFixed(2).padStart(7)} us of CPU${spent > 100 ? "   <- over 100" : ""}`);
}

// The same but for the last, or for the first character behind `keep`.
const other = (c) => (c === "0" ? "1" : "0");
const late = (s) => s.slice(0, -1) + other(s.at(-1));
const early = (s, keep = 0) => s.slice(0, keep) + other(s[keep]) + s.slice(keep + 1);

const run = "run = function() return 1 end";
const host = await startHost({
  scripts: {
    "t/plain.lua": `return trigger { ${run} }`,
    "t/hook0.lua": `return trigger { ${run} }`,
    "t/signs.lua": `return trigger { verify = "github", ${run} }`,
    "t/twice.lua": `return trigger { verify = { preset = "github", secret = { "GITHUB_WEBHOOK_SECRET", "SECOND_SECRET" } }, ${run} }`,
  },
});
try {
  const body = JSON.stringify({ text: "x".repeat(1000) });
  for (const [name, input] of [["GITHUB_WEBHOOK_SECRET", "a secret of some length"], ["SECOND_SECRET", "another of the same"]]) {
    const told = host.nextLog(/"secrets loaded"/);
    await host.cli(["secret", "set", name, "--verify", "--data", host.data], { input });
    await told;
  }
  const hook = (await host.request("POST", "/v1/triggers/t/hook0/webhook")).json.secret;
  const old = (await host.request("POST", "/v1/keys", { body: { name: "old", permissions: ["run.read"], projects: "*" } })).json;
  await host.request("DELETE", `/v1/keys/${old.id}`);
  const fired = (await host.fire("t", "plain", {})).json;
  const [, token] = /token=([^&]+)/.exec(fired.streamUrl);
  const key = (value) => bytesOf("GET", "/v1/runs", { "X-Api-Key": value });
  const stream = (value) => bytesOf("GET", `/v1/runs/${fired.runId}/events?token=${value}`, {});
  const webhook = (id, value) => bytesOf("POST", `/workflows/trigger?workflowId=t.${id}`, { "X-Workflow-Secret": value }, body);
  const mac = `sha256=${createHmac("sha256", "a secret of some length").update(body).digest("hex")}`;
  const signed = (trigger, value) => bytesOf("POST", `/api/v1.0/project/t/trigger/${trigger}`, { "X-Hub-Signature-256": value }, body);
  const bare = (trigger) => bytesOf("POST", `/api/v1.0/project/t/trigger/${trigger}`, {}, body);

  console.log(`N ${N} in each of two ways, seed ${SEED}; means of the fastest nine tenths`);
  await compare(host, "null: one and the same wrong API key", key(late(host.key)), key(late(host.key)));
  await compare(host, "API key: right but the last character / wrong from the first", key(late(host.key)), key(early(host.key, 3)));
  await compare(host, "API key: revoked / unknown", key(old.secret), key(late(old.secret)));
  await compare(host, "API key: 46 / 200 characters (the asker's own length)", key(old.secret), key("x".repeat(200)));
  await compare(host, "webhook secret: right but the last / wrong from the first", webhook("hook0", late(hook)), webhook("hook0", early(hook, 4)));
  await compare(host, "webhook: a trigger with a secret / with none", webhook("hook0", late(hook)), webhook("plain", late(hook)));
  await compare(host, "webhook: a trigger with a secret / an unknown id", webhook("hook0", late(hook)), webhook("hook9", late(hook)));
  await compare(host, "signature: right but the last digit / wrong from the first", signed("signs", late(mac)), signed("signs", early(mac, 7)), 16);
  await compare(host, "signature: a signed trigger / an unsigned one", signed("signs", late(mac)), signed("plain", late(mac)), 16);
  await compare(host, "signature: a signed trigger / an unknown one", signed("signs", late(mac)), signed("nobod", late(mac)), 16);
  await compare(host, "signature: of two secrets / an unknown trigger", signed("twice", late(mac)), signed("nobod", late(mac)), 16);
  await compare(host, "no signature: a signed trigger / an unknown one", bare("signs"), bare("nobod"), 16);
  await compare(host, "stream token: right but the last digit / from the first", stream(late(token)), stream(early(token, token.indexOf("-") + 1)));
  await compare(host, "stream token: of a run / of no run", stream(late(token)), bytesOf("GET", `/v1/runs/${early(fired.runId, 20)}/events?token=${late(token)}`, {}));
  await cost(host, `a wrong API key, ${CPU_REQUESTS} times`, key(late(host.key)));
  await cost(host, "a wrong webhook secret with 1 kB", webhook("hook0", late(hook)));
  await cost(host, "a wrong signature with 1 kB", signed("signs", late(mac)));
  await cost(host, "a wrong stream token", stream(late(token)));
} finally {
  await host.done();
}
