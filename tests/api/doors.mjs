// SPDX-License-Identifier: MIT
// doors.mjs - the six addresses that start a run, behind one call, so that a promise about all of them is one loop. A project has one
// trigger, agent.lua, which every door leads to; a test makes one project for each kind of trigger that it wants.
//
//   const kit = await openDoors(host, ["plain", "paused"]);
//   for (const door of doors) said(door, await kit.send(door, "plain", { inputs: { n: 1 } }));   // {status, code, field, run, message}

const session = (inputs) => ({ session_id: "s-1", ...inputs });

// path: of a project; bearer: where the credential goes; wrap: inputs to body; wrong: how each refusal that differs is said.
const table = {
  agent: { path: () => "/api/agent/trigger/", header: "authorization", wrap: session, permission: 404 },
  scenario: { path: (p) => `/api/scenario/${p}.agent/trigger/`, header: "authorization", wrap: session, permission: 404 },
  flow: { path: (p) => `/api/v1/flow/${p}.agent`, header: "authorization", wrap: (inputs) => ({ inputs }), permission: 403 },
  webhook: { path: (p) => `/workflows/trigger?workflowId=${p}.agent`, header: "x-workflow-secret", wrap: (inputs) => inputs },
  project: { path: (p) => `/api/v1.0/project/${p}/trigger/agent`, header: "x-api-key", wrap: (inputs) => inputs, permission: 401 },
  native: { path: (p) => `/v1/projects/${p}/triggers/agent/runs`, header: "x-api-key", wrap: (inputs) => inputs, permission: 403 },
};
export const doors = Object.keys(table);
export const rules = table;

// The pointer of an input at a door.
export const pointer = (door, field) => (door === "flow" ? `/inputs${field}` : field);

// What an answer says, whatever the dialect.
export function said(door, { status, json = {}, headers }) {
  const run = headers["x-run-id"];
  const at = { status, run, location: headers.location };
  if (door === "agent" || door === "scenario") return { ...at, code: json.error ? json.reason : undefined, field: json.data?.field, message: json.data?.message };
  if (door === "flow" || door === "webhook") return { ...at, code: json.code, message: json.error, result: json.result };
  return { ...at, code: json.code, field: json.field, message: json.message ?? json.detail, result: json.response ?? json.result };
}

export async function openDoors(host, projects) {
  const key = async (name, permissions, more) => {
    const made = await host.request("POST", "/v1/keys", { body: { name, permissions, ...more } });
    if (made.status !== 201) throw new Error(made.text);
    return made.json.secret;
  };
  const secrets = {};
  // Made by the command line, a few at a time; the host knows them when it says so.
  for (const project of projects) {
    const known = host.nextLog(/"webhook secret added"/);
    const made = await host.cli(["webhook", "create", `${project}/agent`, "--data", host.data]);
    if (made.code !== 0) throw new Error(made.stderr);
    await known;
    secrets[project] = made.stdout.trim();
  }
  const tokens = {}, weak = {};
  for (const project of [...projects, "nothing"]) {
    tokens[project] = await key(`t-${project}`, ["project.trigger"], { projects: "*", defaultProject: project });
    weak[project] = await key(`w-${project}`, ["run.read"], { projects: "*", defaultProject: project });
  }
  const credential = (door, project, kind) => {
    if (kind === "wrong") return "mt_wrong";
    if (kind === "weak" && door !== "webhook") return weak[project];
    return door === "webhook" ? secrets[project] ?? "none" : tokens[project];
  };
  // raw: the body as it is (null: none); credential: "good" "wrong" "weak", or a value in { value }.
  const request = (door, project, { inputs = {}, raw, credential: kind = "good", headers = {}, path, ...rest } = {}) => {
    const { header, wrap, path: pathOf } = table[door];
    const value = kind?.value ?? (kind === null ? undefined : credential(door, project, kind));
    const given = value === undefined ? {} : { [header]: header === "authorization" ? `Bearer ${value}` : value };
    const body = raw === null ? undefined : raw ?? JSON.stringify(wrap(inputs));
    return { method: "POST", where: path ?? pathOf(project), options: { key: null, body, headers: { ...given, ...headers }, ...rest } };
  };
  const send = (door, project, { method: as, ...more } = {}) => {
    const { method, where, options } = request(door, project, more);
    return host.request(as ?? method, where, options);
  };
  return { request, send, secrets, tokens, weak, key, said: async (door, ...args) => said(door, await send(door, ...args)) };
}
