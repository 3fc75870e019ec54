// SPDX-License-Identifier: MIT
// run.js - the panel of one run: its records as they are committed, the words of its agents as they come, and at the end what it
// gave, or what went wrong, where, and what to do.
import { adviceFor } from "./advice.js";
import { element } from "./form.js";
import { stringifyJson } from "./sdk.js";

const $ = (id) => document.getElementById(id);
const ROWS = 1000; // on the screen; the journal has them all
const AGAIN_MS = 1000;
const TONE = { "run.completed": "good", "step.completed": "good", "run.failed": "bad", "step.failed": "bad", "run.timed_out": "bad",
  "run.cancelled": "bad", "run.waiting": "moon", "step.retrying": "moon" };
export const STATUS_TONE = { completed: "good", failed: "bad", timed_out: "bad", cancelled: "bad", waiting: "moon", serving: "good", broken: "bad",
  paused: "moon" };
const STATUS = { "run.accepted": "queued", "run.started": "running", "run.waiting": "waiting", "run.resumed": "running", "run.completed": "completed",
  "run.failed": "failed", "run.cancelled": "cancelled", "run.timed_out": "timed_out" };

export const clock = (at) => new Date(at).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
export function pill(e, status) {
  e.textContent = status.replace("_", " ");
  e.className = `pill ${STATUS_TONE[status] ?? ""}`;
  e.hidden = false;
}

let watching; // AbortController of the run on the screen

export function leaveRun() {
  watching?.abort();
  watching = undefined;
}

// What of a record's data is not on the screen already, in larger letters.
function told(type, step, data) {
  if (type === "run.completed" || type === "run.failed") return undefined;
  if (type !== "step.completed" || !$(`speech-${step?.n}`)) return data;
  const { text, ...rest } = data ?? {};
  return rest;
}

function recordRow({ seq, at, type, step, data }) {
  const li = element("li");
  const what = element("div");
  what.append(element("span", TONE[type] ?? "", type), step ? ` ${step.name ?? step.kind}` : "", step?.attempt > 1 ? ` (try ${step.attempt})` : "");
  if (type === "log") what.append(` ${data?.message ?? ""}`);
  const rest = type === "log" ? data?.data : told(type, step, data);
  if (rest !== undefined && rest !== null) what.append(element("div", "data mono", stringifyJson(rest)));
  li.append(element("span", "seq", seq), element("time", "at", clock(at)), what);
  return li;
}

// Words of one agent step, in one place; a step that is performed again starts anew.
function speak({ step, data }) {
  const id = `speech-${step.n}`;
  let p = $(id);
  if (!p) {
    p = element("p", "speech");
    p.id = id;
    p.setAttribute("aria-label", `What ${step.name ?? "the agent"} says`);
    $("speech").append(p);
  }
  p.textContent = data.part === 1 ? data.text : p.textContent + data.text;
}

function showRecord(record) {
  if (record.type === "text.delta") return speak(record);
  const list = $("records");
  list.append(recordRow(record));
  if (list.children.length > ROWS) list.firstChild.remove();
  if (STATUS[record.type]) pill($("run-state"), STATUS[record.type]);
}

function failureCard(run, again) {
  const card = $("failure");
  const { code = run.status, message, at } = run.error ?? {};
  const place = at && /^(.*):(\d+)$/.exec(at);
  card.replaceChildren(element("h3", "", code));
  if (message) card.append(element("p", "", message));
  if (place) {
    const where = element("p", "", "in ");
    where.append(element("code", "", `scripts/${place[1]}`), ` line ${place[2]}`);
    card.append(where);
  } else if (at) card.append(element("p", "mono", at));
  const todo = element("p");
  todo.append(element("strong", "", "What to do: "), adviceFor(code, run.status));
  const button = element("button", "", "Run again with the same body");
  button.onclick = () => again(run);
  card.append(todo, button);
  card.hidden = false;
}

async function showEnd(api, id, again) {
  const run = await api("GET", `/v1/runs/${id}`);
  const took = (Date.parse(run.finishedAt) - Date.parse(run.createdAt)) / 1000;
  const facts = [`${run.project}/${run.trigger}`, `by ${run.kind}`, `${took.toFixed(2)} s`, `${run.steps} step${run.steps === 1 ? "" : "s"}`,
    `version ${run.version.slice(0, 12)}`, new Date(run.createdAt).toLocaleString()];
  $("run-facts").textContent = facts.join(" · ");
  pill($("run-state"), run.status);
  $("cancel").hidden = true;
  if (run.status !== "completed") return failureCard(run, again);
  $("result").textContent = stringifyJson(run.result, null, 2);
  $("result").hidden = false;
}

// Shows run `id` from its first record to its end; comes back by itself when the host restarts. ended(): it is over.
export async function showRun(id, { api, client, again, ended }) {
  leaveRun();
  const { signal } = (watching = new AbortController());
  $("run-title").textContent = id;
  $("run-facts").textContent = "";
  $("records").replaceChildren();
  $("speech").replaceChildren();
  $("result").hidden = $("failure").hidden = $("run-state").hidden = true;
  $("cancel").hidden = false;
  $("cancel").onclick = () => api("POST", `/v1/runs/${id}/cancel`).catch((error) => ($("run-facts").textContent = error.message));
  for (let after = 0; ;) {
    try {
      for await (const record of client.runs.stream(id, { after, signal })) {
        after = record.seq;
        showRecord(record);
      }
      if (signal.aborted) return;
      await showEnd(api, id, again);
      return ended();
    } catch (error) {
      if (signal.aborted) return;
      if (error.status >= 400 && error.status < 500) {
        $("run-facts").textContent = error.status === 404 ? "There is no such run, or this key may not read it." : error.message;
        $("cancel").hidden = true;
        return;
      }
      await new Promise((go) => setTimeout(go, AGAIN_MS)); // the host is away: go on where we stand
    }
  }
}
