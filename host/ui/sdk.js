// SPDX-License-Identifier: MIT
// A client of moontide for Node (20 or later) and browsers, without dependencies: import { createClient } from "/ui/sdk.js".
// Types: sdk.d.ts. A key belongs on a server; a page has a widget key (createWidget, or widget.js for a <script>), or follows a
// run by the streamUrl that its server got. From another origin only what a trigger with that page among its `origins` answers.
// Integers that a number would round (ids of 64 bits and more) come, and may be given, as BigInt.
const END = { "run.completed": "completed", "run.failed": "failed", "run.cancelled": "cancelled", "run.timed_out": "timed_out" };
const RETRY_MS = 1000; // until the host names another time
const TRIES = 8; // in a row without a record in between

export class MoontideError extends Error {
  constructor(status, body, fallback) {
    super(body?.detail ?? body?.message ?? (typeof body?.error === "string" ? body.error : undefined) ?? body?.title ?? fallback);
    this.name = "MoontideError";
    Object.assign(this, { status, code: body?.code ?? "error", field: body?.field, runId: body?.runId ?? undefined, body });
  }
}

// JSON with all digits of integers: what a number would round is a BigInt, as is within 64 bits all beyond the safe integers, so that
// neighbouring ids have one type. The mark is no text of the host's.
const MARK = "\0bigint:";
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const within64 = (token) => token.length <= 20 && BigInt.asIntN(64, BigInt(token)) === BigInt(token);
const rounds = (token) => /^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token)) && (String(Number(token)) !== token || within64(token));

export function parseJson(text) {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  const marked = text.replace(TOKENS, (token) => (rounds(token) ? JSON.stringify(MARK + token) : token));
  return JSON.parse(marked, (_, value) => (typeof value === "string" && value.startsWith(MARK) ? BigInt(value.slice(MARK.length)) : value));
}

export function stringifyJson(value, space) {
  const text = JSON.stringify(value, (_, one) => (typeof one === "bigint" ? MARK + one : one), space);
  return text?.replace(/"\\u0000bigint:(-?\d+)"/g, "$1");
}

const pause = (ms, signal) =>
  new Promise((done, fail) => {
    const stop = () => (clearTimeout(timer), fail(signal.reason));
    const timer = setTimeout(() => (signal?.removeEventListener("abort", stop), done()), ms);
    signal?.addEventListener("abort", stop, { once: true });
  });

// Server-sent events of one answer: {data, retry}. An event that the connection cut off is not one.
async function* events(stream) {
  const decoder = new TextDecoder();
  const reader = stream.getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (rest + decoder.decode(value, { stream: true })).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) {
        const field = (name) => block.split("\n").filter((line) => line.startsWith(name + ":")).map((line) => line.slice(name.length + 1).trim());
        const data = field("data");
        yield { data: data.length ? data.join("\n") : undefined, retry: Number(field("retry")[0]) || undefined };
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

export function createClient({ url = "", key, fetch: send = (...args) => globalThis.fetch(...args) } = {}) {
  const base = String(url).replace(/\/+$/, "");
  const part = encodeURIComponent;

  const open = (method, path, { headers, ...rest } = {}, secret = key) =>
    send(/^https?:/.test(path) ? path : base + path, { method, headers: { ...(secret && { authorization: `Bearer ${secret}` }), ...headers }, ...rest });

  async function failure(answer) {
    const text = await answer.text();
    let body;
    try {
      body = parseJson(text);
    } catch {} // from something between us and the host
    return new MoontideError(answer.status, body, `${answer.status} ${answer.statusText}`);
  }

  async function call(method, path, body, { headers, signal } = {}) {
    const sent = body === undefined ? {} : { body: stringifyJson(body) };
    const type = body === undefined ? {} : { "content-type": "application/json" };
    const answer = await open(method, path, { headers: { accept: "application/json", ...type, ...headers }, signal, ...sent });
    if (!answer.ok) throw await failure(answer);
    return answer.status === 204 ? undefined : parseJson(await answer.text());
  }

  // Records as they are committed, each once and in order, over any number of connections, up to the end of the run.
  async function* stream(run, { after = 0, signal } = {}) {
    const own = run.includes("/"); // a streamUrl carries its own, narrower credential
    const path = own ? run : `/v1/runs/${part(run)}/events`;
    for (let wait = RETRY_MS, failed = 0; ;) {
      try {
        const headers = { accept: "text/event-stream", ...(after && { "last-event-id": String(after) }) };
        const answer = await open("GET", path, { headers, signal }, own ? undefined : key);
        if (answer.status === 204) return;
        if (!answer.ok) throw await failure(answer);
        for await (const { data, retry } of events(answer.body)) {
          wait = retry ?? wait;
          if (data === undefined) continue;
          const record = parseJson(data);
          if (record.seq <= after) continue;
          after = record.seq;
          failed = 0;
          yield record;
          if (END[record.type]) return;
        }
        failed++;
      } catch (error) {
        if (signal?.aborted || (error instanceof MoontideError && error.status < 500) || ++failed >= TRIES) throw error;
      }
      if (failed >= TRIES) throw new MoontideError(0, undefined, `the stream of ${run} ended ${TRIES} times without a record`);
      await pause(wait, signal);
    }
  }

  return {
    workflows: {
      run: (id, { inputs, ...options } = {}) => call("POST", `/api/v1/flow/${part(id)}`, inputs === undefined ? undefined : { inputs }, options),
    },
    triggers: {
      fire(project, trigger, body, { wait, idempotencyKey, ...options } = {}) {
        const prefer = wait === undefined ? {} : { prefer: wait ? `wait=${Number(wait)}` : "respond-async" };
        const once = idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey };
        return call("POST", `/v1/projects/${part(project)}/triggers/${part(trigger)}/runs`, body, { ...options, headers: { ...prefer, ...once } });
      },
    },
    widgets: {
      start: (id, { variables, sessionId, ...options } = {}) => call("POST", `/v1/widget/${part(id)}/runs`, { variables, sessionId }, options),
    },
    runs: {
      get: (id, options) => call("GET", `/v1/runs/${part(id)}`, undefined, options),
      cancel: (id, options) => call("POST", `/v1/runs/${part(id)}/cancel`, undefined, options),
      stream,
    },
  };
}

// What stands behind window.moontide: push(["do", "bot:scenario:run", [id, variables]]), ["set", name, value], ["on", name, fn],
// ["off", name, fn]. What it does not know it says on the console; push never throws. queue: commands from before it was there.
export function createWidget({ queue = [], ...settings } = {}) {
  const handlers = { "run:start": [], "run:event": [], "run:end": [], "run:error": [] };
  const warn = (...what) => console.warn("moontide:", ...what);

  function tell(name, ...values) {
    for (const fn of [...handlers[name]])
      try {
        fn(...values);
      } catch (error) {
        warn(`a handler of ${name} threw`, error);
      }
  }

  async function run(id, variables, { onevent, signal } = {}) {
    const client = createClient(settings);
    const started = await client.widgets.start(id, { variables, sessionId: settings.session, signal });
    const { runId, sessionId } = started;
    settings.session = sessionId; // the next run goes on with this conversation
    tell("run:start", started);
    for await (const record of client.runs.stream(started.streamUrl, { signal })) {
      onevent?.(record);
      tell("run:event", record);
      const status = END[record.type];
      if (!status) continue;
      const done = status === "completed";
      const end = { runId, sessionId, status, result: done ? record.data?.result ?? null : null, error: done ? null : record.data ?? null };
      tell("run:end", end);
      return end;
    }
  }

  const commands = {
    do: (name, args) =>
      name === "bot:scenario:run" && typeof args?.[0] === "string" ? run(...args).catch((error) => (tell("run:error", error), warn(error))) : false,
    set: (name, value) => ["key", "url", "session"].includes(name) && (settings[name] = value),
    on: (name, fn) => typeof fn === "function" && Object.hasOwn(handlers, name) && handlers[name].push(fn),
    off: (name, fn) => Object.hasOwn(handlers, name) && (handlers[name] = handlers[name].filter((other) => other !== fn)),
  };

  function push(...list) {
    for (const command of list)
      try {
        const [verb, ...rest] = command;
        if (!Object.hasOwn(commands, verb) || commands[verb](...rest) === false) warn("unknown command", command);
      } catch {
        warn("unknown command", command);
      }
    return list.length;
  }

  push(...queue.splice(0));
  queue.push = push; // for who has kept the old one
  return { push, run };
}
