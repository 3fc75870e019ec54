// SPDX-License-Identifier: MIT
// The web page: a client of the public API like any other. No state but the key (in this tab) and what is on the screen.
const $ = (id) => document.getElementById(id);
const FINAL = new Set(["run.completed", "run.failed", "run.cancelled", "run.timed_out"]);
const TONE = { "run.completed": "good", "step.completed": "good", "run.failed": "bad", "step.failed": "bad", "run.timed_out": "bad",
  "run.cancelled": "bad", "run.waiting": "moon", "step.retrying": "moon" };
const STATUS_TONE = { completed: "good", failed: "bad", timed_out: "bad", cancelled: "bad", waiting: "moon", serving: "good", broken: "bad",
  paused: "moon" };
const SAMPLES = { hello: { name: "Ada" }, refund: { ticketId: "T-1042", amount: 42, customer: { name: "Ada", tier: "gold" }, message: "It arrived empty." },
  slow: { minutes: 1 } };

let key = sessionStorage.getItem("moontide-key");
let trigger; // the one on the screen
let watching; // AbortController of the stream on the screen

async function api(method, path, body, headers = {}) {
  const answer = await fetch(path, { method, headers: { "x-api-key": key, ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    body });
  const text = await answer.text();
  const json = text ? JSON.parse(text) : null;
  if (!answer.ok) throw Object.assign(new Error(json?.detail ?? json?.title ?? answer.statusText), { status: answer.status, json });
  return json;
}

function element(tag, className, text) {
  const e = document.createElement(tag);
  if (className) e.className = className;
  if (text !== undefined) e.textContent = text;
  return e;
}

const clock = (at) => new Date(at).toLocaleTimeString();

// ---- triggers

async function loadTriggers() {
  const { items } = await api("GET", "/v1/triggers");
  $("triggers").replaceChildren(...items.map(triggerRow));
  if (trigger) showTrigger(items.find((t) => t.project === trigger.project && t.key === trigger.key) ?? trigger, false);
  else if (items.length) showTrigger(items.find((t) => t.key === "slow") ?? items[0], true);
}

function triggerRow(t) {
  const row = element("button");
  const name = element("span");
  name.append(element("span", "project", `${t.project}/`), t.key);
  row.append(name, element("span", `dot ${t.error ? "bad" : STATUS_TONE[t.status] ?? ""}`));
  row.title = t.error ?? t.status;
  if (trigger && t.project === trigger.project && t.key === trigger.key) row.setAttribute("aria-current", "true");
  row.onclick = () => showTrigger(t, true).then(loadTriggers);
  const li = element("li");
  li.append(row);
  return li;
}

async function showTrigger(t, fresh) {
  trigger = t;
  $("trigger-name").textContent = t.name ?? `${t.project}/${t.key}`;
  $("trigger-error").textContent = t.error ?? "";
  $("fire-form").hidden = t.status !== "serving";
  showPause(t);
  if (fresh) $("body").value = JSON.stringify(SAMPLES[t.key] ?? t.defaults ?? {}, null, 2);
  await loadRuns();
}

// A pause that the script asks for ends in the script.
function showPause(t) {
  const button = $("pause");
  const byScript = t.paused?.by === "script";
  button.hidden = byScript || (t.status !== "serving" && !t.paused);
  button.textContent = t.paused ? "Resume" : "Pause";
  if (t.paused && !t.error) $("trigger-error").textContent = byScript ? "Paused by its script." : `Paused by ${t.paused.by}, ${new Date(t.paused.at).toLocaleString()}.`;
  button.onclick = async () => {
    try {
      await api("POST", `/v1/triggers/${t.project}/${t.key}/${t.paused ? "resume" : "pause"}`);
      await loadTriggers();
    } catch (error) {
      $("trigger-error").textContent = error.message;
    }
  };
}

async function loadRuns() {
  const query = new URLSearchParams({ project: trigger.project, trigger: trigger.key, limit: 12 });
  const { items } = await api("GET", `/v1/runs?${query}`);
  $("runs").replaceChildren(...items.map((run) => {
    const row = element("button");
    const left = element("span", "", run.status);
    row.append(left, element("span", "when", clock(run.createdAt)), element("span", `dot ${STATUS_TONE[run.status] ?? ""}`));
    row.onclick = () => (location.hash = run.runId);
    const li = element("li");
    li.append(row);
    return li;
  }));
  if (!items.length) $("runs").replaceChildren(element("li", "hint", "None yet."));
}

// ---- firing

$("fire-form").onsubmit = async (event) => {
  event.preventDefault();
  $("fire-error").textContent = "";
  try {
    const path = `/v1/projects/${trigger.project}/triggers/${trigger.key}/runs`;
    const run = await api("POST", path, $("body").value, { prefer: "respond-async" });
    location.hash = run.runId;
    loadRuns();
  } catch (error) {
    const field = error.json?.field ? `${error.json.field}: ` : "";
    $("fire-error").textContent = `${error.json?.code ?? "error"}: ${field}${error.message}`;
  }
};

$("copy").onclick = async () => {
  const quoted = $("body").value.replace(/\s*\n\s*/g, " ").replaceAll("'", "'\\''");
  await navigator.clipboard.writeText(`curl -X POST ${location.origin}/api/v1.0/project/${trigger.project}/trigger/${trigger.key} ` +
    `-H "x-api-key: $MOONTIDE_KEY" -H "content-type: application/json" -d '${quoted}'`);
  $("copy").textContent = "Copied";
};

// ---- one run: its records, read as server-sent events with fetch, since EventSource cannot send the key

async function* records(id, last, signal) {
  const answer = await fetch(`/v1/runs/${id}/events`, { signal, headers: { "x-api-key": key, accept: "text/event-stream", "last-event-id": String(last) } });
  if (answer.status === 204) return;
  if (!answer.ok) throw Object.assign(new Error(answer.statusText), { status: answer.status });
  let rest = "";
  const decoder = new TextDecoder();
  for (const reader = answer.body.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (rest + decoder.decode(value, { stream: true })).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const data = /^data: (.*)$/m.exec(block);
      if (data) yield JSON.parse(data[1]);
    }
  }
}

function recordRow(record) {
  const li = element("li");
  const what = element("div");
  what.append(element("span", TONE[record.type] ?? "", record.type), record.step ? ` ${record.step.name ?? record.step.kind}` : "");
  if (record.data !== undefined && record.data !== null) what.append(element("div", "data mono", JSON.stringify(record.data)));
  li.append(element("span", "seq", record.seq), element("span", "at", clock(record.at)), what);
  return li;
}

async function follow(id) {
  watching?.abort();
  const mine = (watching = new AbortController());
  $("run-title").textContent = id;
  $("records").replaceChildren();
  $("result").hidden = true;
  $("cancel").hidden = false;
  $("cancel").onclick = () => api("POST", `/v1/runs/${id}/cancel`).catch((error) => ($("run-facts").textContent = error.message));
  let last = 0;
  for (let over = false; !over && !mine.signal.aborted;) {
    try {
      for await (const record of records(id, last, mine.signal)) {
        last = record.seq;
        $("records").append(recordRow(record));
        over = FINAL.has(record.type);
      }
    } catch (error) {
      if (mine.signal.aborted) return;
      if (error.status) {
        $("run-facts").textContent = error.status === 404 ? "There is no such run, or this key may not read it." : error.message;
        $("cancel").hidden = true;
        return;
      }
    }
    if (!over) await new Promise((again) => setTimeout(again, 1000)); // the host restarts: go on where we stand
  }
  if (!mine.signal.aborted) await showEnd(id);
}

async function showEnd(id) {
  const run = await api("GET", `/v1/runs/${id}`);
  const took = (Date.parse(run.finishedAt) - Date.parse(run.createdAt)) / 1000;
  $("run-facts").textContent = `${run.project}/${run.trigger}, ${run.status} in ${took.toFixed(2)} s, ${run.steps} steps, version ${run.version.slice(0, 12)}`;
  $("result").textContent = JSON.stringify(run.error ?? run.result, null, 2);
  $("result").hidden = false;
  $("cancel").hidden = true;
  if (trigger) loadRuns();
}

// ---- the key, and the state of the host

async function enter() {
  $("door").hidden = true;
  $("desk").hidden = false;
  $("leave").hidden = false;
  await loadTriggers();
  if (location.hash.startsWith("#run_")) follow(location.hash.slice(1));
}

function leave(message = "") {
  sessionStorage.removeItem("moontide-key");
  key = null;
  watching?.abort();
  $("desk").hidden = $("leave").hidden = true;
  $("door").hidden = false;
  $("key-error").textContent = message;
  $("key").focus();
}

$("key-form").onsubmit = async (event) => {
  event.preventDefault();
  key = $("key").value.trim();
  try {
    await enter();
    sessionStorage.setItem("moontide-key", key);
  } catch (error) {
    leave(error.status === 401 ? "The host does not know this key, or it is revoked." : error.message);
  }
};
$("leave").onclick = () => leave();
window.onhashchange = () => location.hash.startsWith("#run_") && follow(location.hash.slice(1));

async function beat() {
  const pill = $("health");
  try {
    const { status } = await (await fetch("/readyz")).json();
    pill.textContent = status;
    pill.className = `pill ${status === "ready" ? "good" : "bad"}`;
    if (key) await loadTriggers();
  } catch {
    pill.textContent = "host away";
    pill.className = "pill bad";
  }
}

setInterval(beat, 3000);
beat();
if (key) enter().catch(() => leave());
else leave();
