// SPDX-License-Identifier: MIT
/**
 * Numbers. What comes from the host is read with all digits: an integer within 64 bits beyond Number.MAX_SAFE_INTEGER (to both
 * sides) is a bigint, and so is a wider one that a number would round; every other number is a number. What is given may hold
 * bigints as well. JSON.stringify throws on a bigint: use stringifyJson, or turn such a field into the text it shall be.
 */
export function parseJson(text: string): unknown;
/** JSON.stringify(value, undefined, space), with bigints written as integers. */
export function stringifyJson(value: unknown, space?: number | string): string;

export interface ClientOptions {
  /** Where the host is: "https://moontide.example". Default: where the page came from. */
  url?: string;
  /** An API key. Leave it out in browsers and follow runs by their streamUrl. */
  key?: string;
  fetch?: typeof globalThis.fetch;
}

export interface CallOptions {
  signal?: AbortSignal;
}

export interface WorkflowResult<T = unknown> {
  ok: boolean;
  runId: string;
  result: T | null;
  error: string | null;
  /** Only when the host stopped waiting: the run goes on. */
  status?: "running";
}

export type RunStatus = "queued" | "running" | "waiting" | "completed" | "failed" | "cancelled" | "timed_out";

export interface StartedRun<T = unknown> {
  runId: string;
  sessionId: string | null;
  status: RunStatus;
  result: T | null;
  /** Follows this run and no other, without a key, for some minutes. */
  streamUrl: string;
}

export interface StartedWidgetRun {
  runId: string;
  sessionId: string;
  status: RunStatus;
  streamUrl: string;
}

export interface Run<T = unknown> {
  runId: string;
  project: string;
  trigger: string;
  kind: string;
  status: RunStatus;
  sessionId: string | null;
  instruction: string | null;
  body: unknown;
  result: T | null;
  error: { code: string; message: string | null; at: string | null } | null;
  version: string;
  parent: string | null;
  /** What it waits for, such as { for: "sleep", until }; null when it does not wait. */
  waiting: { for: string; until?: string; name?: string } | null;
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  steps: number;
  seq: number;
}

export interface RunRecord {
  v: 1;
  run: string;
  seq: number;
  at: string;
  type: string;
  step?: { n: number; name?: string; kind?: string; attempt?: number };
  data?: unknown;
}

export interface Client {
  workflows: {
    /** Resolves for a run that failed as well (ok: false); rejects when none was started. */
    run<T = unknown>(id: string, options?: { inputs?: Record<string, unknown> } & CallOptions): Promise<WorkflowResult<T>>;
  };
  triggers: {
    /** wait: seconds, or false for an answer as soon as the run is accepted; default: the trigger's own. */
    fire<T = unknown>(
      project: string,
      trigger: string,
      body?: Record<string, unknown>,
      options?: { wait?: number | false; idempotencyKey?: string } & CallOptions,
    ): Promise<StartedRun<T>>;
  };
  widgets: {
    /** With a widget key, from a page that the trigger lists. sessionId: one that an earlier answer gave. */
    start(id: string, options?: { variables?: Record<string, unknown>; sessionId?: string } & CallOptions): Promise<StartedWidgetRun>;
  };
  runs: {
    get<T = unknown>(id: string, options?: CallOptions): Promise<Run<T>>;
    cancel(id: string, options?: CallOptions): Promise<{ runId: string; status: "cancelling" }>;
    /** run: an id, or a streamUrl. after: only records behind this seq. Comes back by itself when a connection breaks. */
    stream(run: string, options?: { after?: number } & CallOptions): AsyncGenerator<RunRecord, void, undefined>;
  };
}

/** What the host refused; status 0: the stream would not go on. */
export class MoontideError extends Error {
  readonly status: number;
  readonly code: string;
  readonly field?: string;
  readonly runId?: string;
  readonly body?: unknown;
}

export function createClient(options?: ClientOptions): Client;

export interface RunEnd<T = unknown> {
  runId: string;
  sessionId: string;
  status: "completed" | "failed" | "cancelled" | "timed_out";
  result: T | null;
  error: unknown;
}

export type WidgetCommand =
  | ["do", "bot:scenario:run", [id: string, variables?: Record<string, unknown>, options?: RunOptions]]
  | ["set", "key" | "url" | "session", string]
  | ["on" | "off", "run:start", (run: StartedWidgetRun) => void]
  | ["on" | "off", "run:event", (record: RunRecord) => void]
  | ["on" | "off", "run:end", (end: RunEnd) => void]
  | ["on" | "off", "run:error", (error: unknown) => void];

export interface RunOptions extends CallOptions {
  onevent?: (record: RunRecord) => void;
}

export interface Widget {
  /** Does each command in turn; warns on the console of what it does not know, never throws. */
  push(...commands: WidgetCommand[]): number;
  /** Resolves at the run's end, also for one that failed; rejects when none was started, or its stream would not go on. */
  run<T = unknown>(id: string, variables?: Record<string, unknown>, options?: RunOptions): Promise<RunEnd<T>>;
}

/** queue: commands from before the script had loaded; it is emptied and from then on leads here. */
export function createWidget(options?: ClientOptions & { session?: string; queue?: unknown[] }): Widget;
