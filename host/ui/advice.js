// SPDX-License-Identifier: MIT
// advice.js - what to do next about a run that failed, for whoever is woken by it.
const WRONG = "Mend the script and save it: new runs use it at once. This one stays as it ended; run it again with the same body.";
const LIMIT = (what, field) => `It needed more ${what} than it may have. Make it need less, or raise limits.${field} in its trigger {}; then run it again.`;
const OTHER_SIDE = "Look whether the other side answers. A call that may be repeated can say retry = 3, and outlives a short outage.";

const advice = {
  "script.error": WRONG,
  "script.result": "What it returned is no JSON: return tables, texts, numbers and booleans only. " + WRONG,
  "script.deadlock": "All of its tasks wait for each other. " + WRONG,
  "script.step": "It asks for something that this host does not know: the script may be newer than the host.",
  "http.json": "The answer was no JSON: look at the call's step below for what came instead.",
  timeout: OTHER_SIDE, connect: OTHER_SIDE, dns: "The name of the other side is not known: look at the address in the script, and at this machine's DNS.",
  tls: "The other side's certificate does not hold: look at its name and its end.",
  refused: "The host does not call this address. If it should, start it with --egress-allow.",
  too_large: "The answer is larger than the host takes. Ask for less of it.", protocol: OTHER_SIDE,
  "limit.cpu": LIMIT("time on the processor", "cpu"), "limit.memory": LIMIT("memory", "memory"), "limit.steps": LIMIT("steps", "steps"),
  "limit.wall": LIMIT("time", "wall"), "limit.output": LIMIT("room for a result", "output"), "limit.record": LIMIT("room for a record", "record"),
  "limit.journal": "Its journal is full: a loop that logs or steps for ever? " + WRONG,
  "limit.event": "The request is too large to be a run's event: send less.",
  "replay.diverged": "Rebuilt after a crash it took another way: does it depend on something that is not in its event or its steps? Run it again.",
  "runner.crashed": "It took its process down twice. Keep the script and the body: that is a bug of the host. Its neighbours went on.",
};

export function adviceFor(code, status) {
  if (status === "timed_out") return advice["limit.wall"];
  if (status === "cancelled") return "Somebody ended it; GET /v1/audit tells who.";
  return advice[code] ?? "The script ended the run itself, with a code of its own: its line says where, its steps below say why.";
}
