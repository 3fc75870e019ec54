// SPDX-License-Identifier: MIT
// The web page: a client of the public API like any other. No state but the key (in this tab) and what is on the screen.
import { buildForm, element } from "./form.js";
import { clock, leaveRun, pill, showRun, STATUS_TONE } from "./run.js";
import { createClient, parseJson, stringifyJson } from "./sdk.js";

const $ = (id) => document.getElementById(id);
const BEAT_MS = 3000;

let key = sessionStorage.getItem("moontide-key");
let trigger; // the one on the screen, whole
let form; // its fields; undefined while the body is edited as JSON
let openings = 0;
let shown = ""; // the list as it was drawn last: drawn again only when it is another

async function api(method, path, body, headers = {}) {
  const answer = await fetch(path, { method, headers: { "x-api-key": key, ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    body });
  const text = await answer.text();
  const json = text ? parseJson(text) : null;
  if (!answer.ok) throw Object.assign(new Error(json?.detail ?? json?.title ?? answer.statusText), { status: answer.status, json });
  return json;
}

const pathOf = (t) => `/v1/triggers/${t.project}/${t.key}`;
const isShown = (t) => trigger && t.project === trigger.project && t.key === trigger.key;

// ---- triggers

async function loadTriggers() {
  const { items } = await api("GET", "/v1/triggers");
  const now = stringifyJson(items);
  if (now === shown) return;
  shown = now;
  drawTriggers(items);
  const current = items.find(isShown) ?? items.find((t) => t.key === "hello") ?? items[0];
  if (current && (!isShown(current) || current.version !== trigger.version || current.status !== trigger.status || current.error !== trigger.error))
    await openTrigger(current);
}

function drawTriggers(items) {
  const focused = document.activeElement?.dataset?.trigger;
  $("triggers").replaceChildren(...items.map(triggerRow));
  if (!items.length) $("triggers").append(element("li", "hint", "None yet."));
  if (focused) [...$("triggers").querySelectorAll("button")].find((b) => b.dataset.trigger === focused)?.focus();
}

function triggerRow(t) {
  const row = element("button");
  const name = element("span");
  const state = t.error ? "does not load" : t.status;
  name.append(element("span", "project", `${t.project}/`), t.key);
  const dot = element("span", `dot ${t.error ? "bad" : STATUS_TONE[t.status] ?? ""}`);
  row.append(name, dot, element("span", "unseen", `, ${state}`));
  row.title = t.error ?? state;
  row.dataset.trigger = `${t.project}/${t.key}`;
  if (isShown(t)) row.setAttribute("aria-current", "true");
  row.onclick = () => openTrigger(t).catch(told);
  const li = element("li");
  li.append(row);
  return li;
}

const told = (error) => ($("trigger-error").textContent = error.message);

async function openTrigger(t) {
  const turn = ++openings;
  const whole = await api("GET", pathOf(t));
  if (turn !== openings) return; // another was chosen meanwhile
  const other = !isShown(whole);
  const fresh = other || whole.version !== trigger.version;
  const typed = other ? undefined : bodyTyped(); // a script that is saved takes nothing away
  trigger = whole;
  for (const row of $("triggers").querySelectorAll("button"))
    if (row.dataset.trigger === `${t.project}/${t.key}`) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  $("trigger-name").textContent = trigger.name ?? `${t.project}/${t.key}`;
  pill($("trigger-state"), trigger.status);
  $("trigger-facts").textContent = factsOf(trigger);
  $("trigger-error").textContent = trigger.error ?? "";
  $("fire-form").hidden = trigger.status !== "serving";
  showPause();
  if (fresh) showForm(typed ?? trigger.defaults ?? {});
  await loadRuns();
}

function factsOf(t) {
  const facts = [t.id ?? `${t.project}.${t.key}`];
  if (t.waitMs !== undefined) facts.push(t.waitMs ? `callers wait ${t.waitMs / 1000} s` : "callers do not wait");
  if (t.unique) facts.push("each body once");
  if (t.widget) facts.push(`widget for ${t.origins.join(", ")}`);
  return facts.join(" · ");
}

// A pause that the script asks for ends in the script.
function showPause() {
  const button = $("pause");
  const { paused, status, error } = trigger;
  const byScript = paused?.by === "script";
  button.hidden = byScript || (status !== "serving" && !paused);
  button.textContent = paused ? "Resume" : "Pause";
  if (paused && !error) $("trigger-facts").textContent = byScript ? "Paused by its script." : `Paused by ${paused.by}, ${new Date(paused.at).toLocaleString()}.`;
  button.onclick = async () => {
    try {
      await api("POST", `${pathOf(trigger)}/${paused ? "resume" : "pause"}`);
      await loadTriggers();
    } catch (problem) {
      told(problem);
    }
  };
}

async function loadRuns() {
  const query = new URLSearchParams({ project: trigger.project, trigger: trigger.key, limit: 12 });
  const { items } = await api("GET", `/v1/runs?${query}`);
  $("runs").replaceChildren(...items.map((run) => {
    const row = element("button");
    row.append(element("span", `dot ${STATUS_TONE[run.status] ?? ""}`), element("span", "grow", run.status.replace("_", " ")),
      element("span", "when", run.error?.code ?? run.kind), element("time", "when", clock(run.createdAt)));
    row.dataset.run = run.runId;
    row.onclick = () => (location.hash = run.runId);
    const li = element("li");
    li.append(row);
    return li;
  }));
  if (!items.length) $("runs").replaceChildren(element("li", "hint", "None yet."));
  markRun();
}

function markRun() {
  for (const row of $("runs").querySelectorAll("button"))
    if (`#${row.dataset.run}` === location.hash) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
}

// ---- the body, as fields or as JSON

function showForm(value) {
  const schema = trigger.inputSchema ?? (trigger.key === "agent" ? { properties: { instruction: { type: "string" } } } : null);
  const has = Boolean(schema && Object.keys(schema.properties ?? {}).length);
  form = has ? buildForm($("fields"), schema, value) : undefined;
  if (!has) showJson(value);
  $("switch").hidden = !has;
  $("raw").hidden = has;
  $("fields").hidden = !has;
  $("fire-error").textContent = "";
  setSwitch(false);
}

function showJson(value) {
  $("body").value = stringifyJson(value, null, 2);
}

function setSwitch(asJson) {
  $("switch").textContent = asJson ? "Back to the fields" : "Edit as JSON";
  $("switch").setAttribute("aria-pressed", String(asJson));
}

const inFields = () => !$("fields").hidden;
// What would be sent; a text that is no JSON is the host's to refuse.
const bodyText = () => (inFields() ? stringifyJson(form.read()) : $("body").value);

function bodyTyped() {
  try {
    return parseJson(bodyText());
  } catch {
    return undefined;
  }
}

$("switch").onclick = () => {
  $("fire-error").textContent = "";
  if (inFields()) {
    const wrong = form.check();
    try {
      showJson(form.read());
    } catch {
      return wrong?.focus();
    }
    $("fields").hidden = true;
    $("raw").hidden = false;
    return setSwitch(true);
  }
  try {
    showForm(parseJson($("body").value || "{}"));
  } catch (error) {
    $("fire-error").textContent = error.message;
  }
};

async function start(project, key_, body) {
  const run = await api("POST", `/v1/projects/${project}/triggers/${key_}/runs`, body, { prefer: "respond-async" });
  if (location.hash === `#${run.runId}`) openRun();
  location.hash = run.runId;
  loadRuns().catch(told);
}

$("fire-form").onsubmit = async (event) => {
  event.preventDefault();
  $("fire-error").textContent = "";
  const wrong = inFields() ? form.check() : null;
  if (wrong) return wrong.focus();
  $("fire").disabled = true;
  try {
    await start(trigger.project, trigger.key, bodyText());
  } catch (error) {
    const { code = "error", field } = error.json ?? {};
    if (!(field && inFields() && form.showError(field, error.message)))
      $("fire-error").textContent = `${code}: ${field && !error.message.startsWith(field) ? `${field}: ` : ""}${error.message}`;
  } finally {
    $("fire").disabled = false;
  }
};

$("copy").onclick = async () => {
  const quoted = bodyText().replace(/\s*\n\s*/g, " ").replaceAll("'", "'\\''");
  await navigator.clipboard.writeText(`curl -X POST ${location.origin}/api/v1.0/project/${trigger.project}/trigger/${trigger.key} ` +
    `-H "x-api-key: $MOONTIDE_KEY" -H "content-type: application/json" -d '${quoted}'`);
  $("copy").textContent = "Copied";
  setTimeout(() => ($("copy").textContent = "Copy as curl"), BEAT_MS);
};

// ---- one run

function openRun() {
  const id = location.hash.slice(1);
  if (!id.startsWith("run_") || !key) return;
  markRun();
  showRun(id, {
    api,
    client: createClient({ key }),
    again: (run) => start(run.project, run.trigger, stringifyJson(run.body ?? {})).catch((error) => ($("run-facts").textContent = error.message)),
    ended: () => trigger && loadRuns().catch(told),
  });
  if (matchMedia("(max-width: 44rem)").matches) $("run").scrollIntoView({ block: "start" });
}

// ---- the key, and the state of the host

async function enter() {
  $("door").hidden = true;
  $("desk").hidden = false;
  $("leave").hidden = false;
  shown = "";
  await loadTriggers();
  openRun();
}

function leave(message = "") {
  sessionStorage.removeItem("moontide-key");
  key = trigger = undefined;
  leaveRun();
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
    $("key").value = "";
  } catch (error) {
    leave(error.status === 401 ? "The host does not know this key, or it is revoked."
      : error.status === 403 ? "This key may not see triggers: it lacks run.read." : error.message);
  }
};
$("leave").onclick = () => leave();
window.onhashchange = openRun;

async function beat() {
  const health = $("health");
  let status = "host away";
  try {
    ({ status } = await (await fetch("/readyz")).json());
    if (key && !$("desk").hidden) await loadTriggers();
  } catch (error) {
    if (error.status === 401) leave("The host does not know this key any more.");
  }
  if (health.textContent !== status) health.textContent = status;
  health.className = `pill ${status === "ready" ? "good" : "bad"}`;
}

const hour = new Date().getHours();
$("greeting").textContent = hour < 5 ? "Still up?" : hour < 11 ? "Good morning." : hour < 18 ? "Good day." : "Good evening.";
setInterval(beat, BEAT_MS);
beat();
if (key) enter().catch(() => leave());
else leave();
