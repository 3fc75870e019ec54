// SPDX-License-Identifier: MIT
// The agent and scenario dialect: POST /api/agent/trigger/ and POST /api/scenario/{workflow_id}/trigger/, sentence by sentence of its
// contract. What the agent itself does is in ask.test.mjs.
import { after, test } from "node:test";
import assert from "node:assert/strict";
import { open, startHost } from "./host.mjs";

const ID = "scenario_a0f5822a-d94c-4545-b63c-3dd869a2ac99";
const echo = (fields = "") => `return trigger { ${fields} run = function(event)
  return { body = event.body, inputs = event.inputs, instruction = event.instruction, session = event.sessionId, kind = event.kind, headers = event.headers }
end }`;
const host = await startHost({
  scripts: {
    "shop/agent.lua": echo(),
    "shop/scenario.lua": echo(`id = "${ID}",`),
    "shop/paused.lua": echo(`id = "scenario_paused", paused = true,`),
    "shop/strict.lua": echo(`id = "scenario_strict", input = { n = { type = "integer", max = 5 } }, body = "2KB",`),
    "shop/filter.lua": echo(`id = "scenario_filter", filter = { { "n", "<", 5 } },`),
    "shop/once.lua": echo(`id = "scenario_once", unique = true,`),
    "shop/fails.lua": `return trigger { id = "scenario_fails", run = function() error("no") end }`,
    "other/agent.lua": `return trigger { name = "Other", run = function(event) return "other" end }`,
    "other/scenario.lua": echo(`id = "scenario_other",`),
  },
});
after(() => host.done());

const allow = ["--allow", "project.trigger"];
const token = await host.newKey("shop", ...allow, "--project", "shop", "--default-project", "shop");
const AGENT = "/api/agent/trigger/";
const scenario = (id) => `/api/scenario/${id}/trigger/`;
const body = (more) => ({ session_id: "s-1", ...more });

const post = (where, sent, { bearer = token, headers = {}, ...rest } = {}) =>
  host.request("POST", where, {
    key: null,
    body: sent,
    headers: bearer === null ? headers : { authorization: `Bearer ${bearer}`, ...headers },
    ...rest,
  });

const isDispatched = (answer, session = "s-1") => {
  assert.equal(answer.status, 202, answer.text);
  assert.match(answer.headers["content-type"], /^application\/json/);
  const { run_id: run } = answer.json.data;
  assert.match(run, /^run_[0-9a-z]{26}$/);
  assert.equal(answer.text, `{"error":false,"reason":"dispatched","data":{"run_id":"${run}","session_id":${JSON.stringify(session)}}}`);
  assert.equal(answer.headers["x-run-id"], run);
  return run;
};
const isError = (answer, status, reason, field) => {
  assert.equal(answer.status, status, answer.text);
  assert.deepEqual(Object.keys(answer.json), ["error", "reason", "data"]);
  assert.equal(answer.json.error, true);
  assert.equal(answer.json.reason, reason);
  assert.equal(typeof answer.json.data.message, "string");
  assert.deepEqual(Object.keys(answer.json.data), field === undefined ? ["message"] : ["message", "field"]);
  assert.equal(answer.json.data.field, field);
};
const ran = async (answer, session) => (await host.waitRun(isDispatched(answer, session))).result;

test("both addresses dispatch, with and without the slash at the end, and never redirect", async () => {
  for (const where of [AGENT, AGENT.slice(0, -1), scenario(ID), scenario(ID).slice(0, -1)]) isDispatched(await post(where, body()));
});

test("the agent is that of the token's default project", async () => {
  assert.equal((await ran(await post(AGENT, body()))).kind, "agent");
  const other = await host.newKey("other", ...allow, "--project", "other", "--default-project", "other");
  assert.equal(await ran(await post(AGENT, body(), { bearer: other })), "other");
});

test("a scenario is found by its exact id", async () => {
  assert.equal((await ran(await post(scenario(ID), body()))).kind, "scenario");
  assert.equal((await ran(await post(scenario(ID.replaceAll("-", "%2D")), body()))).kind, "scenario"); // decoded once
  isDispatched(await post(scenario("shop.agent"), body())); // the id that a trigger has when it declares none
});

test("the run sees session, instruction and the whole body", async () => {
  const sent = body({ instruction: "Say hi", more: { a: [1, null] } });
  const seen = await ran(await post(AGENT, sent, { headers: { "x-api-key": "secret", "x-shop": "7" } }));
  assert.equal(seen.session, "s-1");
  assert.equal(seen.instruction, "Say hi");
  assert.equal(seen.body.more.a[0], 1);
  assert.equal(seen.headers["x-shop"], "7");
  assert.equal(seen.headers.authorization, undefined);
  assert.equal(seen.headers["x-api-key"], undefined);
});

test("it is asynchronous whatever becomes of the run", async () => {
  const run = isDispatched(await post(scenario("scenario_fails"), body()));
  assert.equal((await host.waitRun(run)).status, "failed");
});

// ---- session_id

const long = "\u{1f319}".repeat(256);
for (const session of ["x", " ", "ses/../☃", long, "a".repeat(256)]) {
  test(`a session id may be ${JSON.stringify(session.slice(0, 12))} (${[...session].length} characters)`, async () => {
    assert.equal((await ran(await post(AGENT, { session_id: session }), session)).session, session);
    isDispatched(await post(scenario(ID), { session_id: session }), session);
  });
}
for (const session of [undefined, null, "", 7, true, {}, ["s"], `${long}x`, "a".repeat(257)]) {
  test(`a session id may not be ${(JSON.stringify(session) ?? "missing").slice(0, 12)}`, async () => {
    for (const where of [AGENT, scenario(ID)]) isError(await post(where, { session_id: session }), 400, "invalid", "/session_id");
  });
}
test("without a body there is no session id", async () => {
  for (const where of [AGENT, scenario(ID)]) {
    isError(await post(where, undefined), 400, "invalid", "/session_id");
    isError(await post(where, " "), 400, "invalid", "/session_id");
  }
});

// ---- instruction

for (const [name, text] of [["2000 letters", "a".repeat(2000)], ["2000 moons", "\u{1f319}".repeat(2000)], ["2000 umlauts", "ü".repeat(2000)]]) {
  test(`an instruction may have ${name}`, async () => {
    assert.equal((await ran(await post(AGENT, body({ instruction: text })))).instruction, text);
  });
}
test("an instruction is counted after JSON is decoded", async () => {
  const raw = `{"session_id":"s-1","instruction":"${"\\ud83c\\udf19".repeat(2000)}"}`;
  isDispatched(await post(AGENT, raw));
});
for (const text of ["a".repeat(2001), "\u{1f319}".repeat(2001), 1, false, {}, ["a"]]) {
  test(`an instruction may not be ${JSON.stringify(text).slice(0, 12)}`, async () => {
    isError(await post(AGENT, body({ instruction: text })), 400, "invalid", "/instruction");
  });
}
test("an instruction that is empty, null or missing is none", async () => {
  for (const instruction of ["", null, undefined]) {
    assert.equal((await ran(await post(AGENT, body({ instruction })))).instruction, undefined);
  }
});
test("a scenario does not look at instruction: it is part of the body", async () => {
  for (const instruction of ["a".repeat(2001), 7, { a: 1 }, null, ""]) {
    const seen = await ran(await post(scenario(ID), body({ instruction })));
    assert.deepEqual(seen.body.instruction ?? null, instruction);
  }
});

// ---- who asks

test("without a living token it is one 401, whatever the body, the id and the trigger are", async () => {
  const answers = [];
  const revoked = await host.newKey("revoked", "--allow", "*");
  await host.revokeKey("revoked");
  for (const where of [AGENT, scenario(ID), scenario("nobody"), scenario("scenario_paused")]) {
    for (const sent of [body(), "{", undefined]) {
      answers.push(await post(where, sent, { bearer: null }), await post(where, sent, { bearer: "wrong" }), await post(where, sent, { bearer: revoked }));
    }
  }
  answers.push(await post(AGENT, body(), { bearer: null, headers: { "x-api-key": token } })); // only Authorization counts
  answers.push(await post(AGENT, body(), { bearer: null, headers: { authorization: token } }));
  answers.push(await post(AGENT, body(), { bearer: null, headers: { authorization: `Basic ${token}` } }));
  for (const answer of answers) {
    isError(answer, 401, "unauthorized");
    assert.equal(answer.text, answers[0].text);
    assert.match(answer.headers["www-authenticate"], /^Bearer/);
  }
});

test("scheme and header name are caseless", async () => {
  for (const scheme of ["bearer", "BEARER", "bEaReR"]) isDispatched(await post(AGENT, body(), { bearer: null, headers: { AUTHORIZATION: `${scheme} ${token}` } }));
});

test("unknown, not allowed and paused are one 404", async () => {
  const answers = [];
  for (const id of ["nobody", "scenario_paused", "scenario_other", ID.toUpperCase(), `${ID}%2F`, "%252D", `${ID}x`, "%00", "%zz", "a".repeat(300), "..", "%E2%84%AA"])
    for (const sent of [body(), "{"]) answers.push(await post(scenario(id), sent));
  const reader = await host.newKey("reader", "--allow", "run.read", "--default-project", "shop");
  for (const where of [AGENT, scenario(ID)]) answers.push(await post(where, body(), { bearer: reader }));
  const homeless = await host.newKey("homeless", ...allow);
  answers.push(await post(AGENT, body(), { bearer: homeless })); // no default project
  const empty = await host.newKey("empty", ...allow, "--default-project", "nothing");
  answers.push(await post(AGENT, body(), { bearer: empty })); // one without agent.lua
  for (const answer of answers) {
    isError(answer, 404, "not_found");
    assert.equal(answer.text, answers[0].text);
  }
});

test("a deleted scenario is not found", async () => {
  const loaded = host.nextLog(/shop\/gone/);
  await host.write("shop/gone.lua", echo(`id = "scenario_gone",`));
  await loaded;
  isDispatched(await post(scenario("scenario_gone"), body()));
  const removed = host.nextLog(/shop\/gone/);
  await host.remove("shop/gone.lua");
  await removed;
  assert.equal((await post(scenario("scenario_gone"), body())).text, (await post(scenario("nobody"), body())).text);
});

// ---- the rest of HTTP

test("every other method is 405 and says POST", async () => {
  for (const where of [AGENT, scenario(ID)]) {
    for (const method of ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
      const answer = await host.request(method, where, { key: null });
      isError(answer, 405, "method_not_allowed");
      assert.equal(answer.headers.allow, "POST");
    }
    const head = await host.request("HEAD", where, { key: null });
    assert.equal(head.status, 405);
    assert.equal(head.text, "");
  }
});

test("no CORS: the token is a server's secret", async () => {
  const answer = await post(AGENT, body(), { headers: { origin: "https://shop.example" } });
  isDispatched(answer);
  const preflight = await host.request("OPTIONS", AGENT, { key: null, headers: { origin: "https://shop.example", "access-control-request-method": "POST" } });
  for (const { headers } of [answer, preflight]) assert.deepEqual(Object.keys(headers).filter((name) => name.startsWith("access-control")), []);
});

test("broken bodies are told apart", async () => {
  for (const where of [AGENT, scenario(ID)]) {
    for (const raw of ["{", '{"session_id":"a","session_id":"b"}', '{"session_id":"\\u0000"}', '{"session_id":"\\ud800"}', `{"session_id":"a","n":1e999}`, `{"session_id":"a","d":${"[".repeat(70)}${"]".repeat(70)}}`])
      isError(await post(where, raw), 400, "malformed_json", "");
    for (const raw of ["[]", '"a"', "7", "null", "true"]) isError(await post(where, raw), 400, "invalid", "");
    isError(await post(where, body(), { headers: { "content-type": "text/plain" } }), 415, "unsupported_media_type", "Content-Type");
    isDispatched(await post(where, body(), { headers: { "content-type": "application/json; charset=utf-8" } }));
  }
});

test("the trigger's own rules hold: size, schema, filter, unique", async () => {
  isError(await post(scenario("scenario_strict"), body({ n: 1, pad: "x".repeat(3000) })), 413, "body_too_large");
  isError(await post(scenario("scenario_strict"), body({ n: 6 })), 400, "invalid", "/n");
  isError(await post(scenario("scenario_strict"), body()), 400, "invalid", "/n");
  isDispatched(await post(scenario("scenario_strict"), body({ n: 5 })));
  isError(await post(scenario("scenario_filter"), body({ n: 5 })), 400, "filtered");
  const first = isDispatched(await post(scenario("scenario_once"), body({ n: 1 })));
  const again = await post(scenario("scenario_once"), `{"n":1.0,"session_id":"s-1"}`);
  isError(again, 400, "duplicate");
  assert.equal(again.headers["x-run-id"], first);
});

test("Idempotency-Key: the same answer again, also after the run has ended; another body is 422", async () => {
  const headers = { "idempotency-key": "k-1" };
  for (const where of [AGENT, scenario("scenario_fails")]) {
    const first = await post(where, body(), { headers });
    await host.waitRun(isDispatched(first));
    assert.equal((await post(where, body(), { headers })).text, first.text);
    isError(await post(where, body({ n: 2 }), { headers }), 422, "idempotency_key_reused");
  }
});

test("an answer is never cached and names its request", async () => {
  const answer = await post(AGENT, body(), { headers: { "x-request-id": "me-1" } });
  assert.equal(answer.headers["cache-control"], "no-store");
  assert.equal(answer.headers["x-request-id"], "me-1");
});

test("a caller that hangs up cancels nothing", async () => {
  const run = isDispatched(await post(AGENT, body()));
  const { message } = await open("POST", host.url + AGENT, { body: body(), headers: { authorization: `Bearer ${token}` } });
  message.destroy();
  assert.equal((await host.waitRun(run)).status, "completed");
});
