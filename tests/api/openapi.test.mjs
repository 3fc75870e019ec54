// SPDX-License-Identifier: MIT
// /openapi.json: linted by redocly, and the real answers of the main endpoints checked against it by ajv.
import { after, test } from "node:test";
import assert from "node:assert/strict";
import redocly from "@redocly/openapi-core";
import Ajv from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { startHost } from "./host.mjs";

const host = await startHost({
  scripts: {
    "o/order.lua": `return trigger {
  name = "Order",
  input = {
    sku = { type = "string", min = 2, max = 5 }, count = { type = "integer", min = 1, max = 9 },
    gift = { type = "boolean", optional = true }, size = { type = "string", enum = { "s", "m" }, optional = true },
    lines = { type = "array", max = 2, optional = true, items = { type = "object", fields = { id = "string" } } },
  },
  run = function(event) return { total = event.body.count } end }`,
    "o/fails.lua": `return trigger { run = function(event, flow) flow.fail("no", "app.no") end }`,
    "o/broken.lua": "return 1",
    "o/slow.lua": `return trigger { wait = false, run = function(event, flow) flow.sleep "1h" end }`,
    "o/agent.lua": `return trigger { run = function() return 1 end }`,
    "secretly/hidden.lua": `return trigger { run = function() end }`,
  },
});
after(() => host.done());

const anonymous = (await host.request("GET", "/openapi.json", { key: null })).json;
const doc = (await host.request("GET", "/openapi.json")).json;
const ajv = formats.default(new Ajv.default({ strict: false, allErrors: true }));
ajv.addSchema(doc, "doc");
const step = (name) => name.replaceAll("~", "~0").replaceAll("/", "~1");
const check = (pointer, value) => {
  const validate = ajv.getSchema(`doc#/${pointer}`);
  assert.ok(validate, `${pointer} is not in the document`);
  assert.ok(validate(value), `${pointer}: ${ajv.errorsText(validate.errors)} in ${JSON.stringify(value)}`);
};

test("redocly finds no error in it", async () => {
  const config = await redocly.createConfig({ extends: ["recommended"] });
  for (const source of [anonymous, doc]) {
    const problems = await redocly.lintFromString({ source: JSON.stringify(source), config });
    const errors = problems.filter((p) => p.severity === "error").map((p) => `${p.ruleId}: ${p.message} ${p.location?.[0]?.pointer}`);
    assert.deepEqual(errors, []);
  }
});

test("it is OpenAPI 3.1 of this version, with unique operation ids", async () => {
  assert.equal(doc.openapi, "3.1.0");
  assert.match(doc.info.version, /^\d+\.\d+\.\d+$/);
  const ids = Object.values(doc.paths).flatMap((path) => Object.values(path).map((op) => op.operationId));
  assert.equal(new Set(ids).size, ids.length);
});

test("strangers learn of no trigger, keys of those that they may fire", async () => {
  const names = (d) => Object.keys(d.components.schemas).filter((name) => name.startsWith("Input."));
  assert.deepEqual(names(anonymous), []);
  assert.ok(!JSON.stringify(anonymous).includes("secretly"));
  assert.ok(names(doc).includes("Input.secretly.hidden"));
  const key = await host.newKey("limited", "--allow", "project.trigger", "--project", "o");
  const limited = (await host.request("GET", "/openapi.json", { key })).json;
  assert.deepEqual(names(limited).sort(), ["Input.o.agent", "Input.o.fails", "Input.o.order", "Input.o.slow"]);
  assert.equal((await host.request("GET", "/openapi.json", { key: "mt_wrong" })).status, 401);
});

test("an input schema says what the host accepts", async () => {
  const pointer = "components/schemas/Input.o.order";
  const bodies = [
    { sku: "ab", count: 1 }, { sku: "abcde", count: 9, gift: null, size: null }, { sku: "ééééé", count: 2, more: [1] },
    { sku: "ab", count: 1, lines: [{ id: "x" }, { id: "y" }] }, { sku: "ab", count: 1, size: "m" }, { sku: "ab", count: 2.0 },
    {}, { sku: "a", count: 1 }, { sku: "abcdef", count: 1 }, { sku: "ab", count: 0 }, { sku: "ab", count: 10 }, { sku: "ab", count: 1.5 },
    { sku: "ab", count: "1" }, { sku: 1, count: 1 }, { sku: "ab", count: 1, gift: "yes" }, { sku: "ab", count: 1, size: "l" },
    { sku: "ab", count: 1, lines: [{}] }, { sku: "ab", count: 1, lines: [{ id: 1 }] }, { sku: null, count: 1 },
    { sku: "ab", count: 1, lines: [{ id: "x" }, { id: "y" }, { id: "z" }] },
  ];
  const validate = ajv.getSchema(`doc#/${pointer}`);
  for (const body of bodies) {
    const { status } = await host.fire("o", "order", body);
    assert.equal(validate(body), status === 200, `${JSON.stringify(body)}: ${status}, ${ajv.errorsText(validate.errors)}`);
  }
});

test("the answers of the main endpoints are as it says", async () => {
  const fired = (await host.fireAsync("o", "slow")).json.runId;
  const done = (await host.fire("o", "order", { sku: "ab", count: 1 })).json.runId;
  const failed = (await host.fire("o", "fails")).json.runId;
  const made = (await host.request("POST", "/v1/keys", { body: { name: "x", permissions: ["run.read"], projects: ["o"], expiresIn: "1h" } })).json;
  const weak = { key: made.secret };
  const async_ = { headers: { prefer: "respond-async" } };
  const bearer = { key: null, headers: { authorization: `Bearer ${host.key}` } };
  const project = "/api/v1.0/project/{project}/trigger/{key}";
  const runs = "/v1/projects/{project}/triggers/{key}/runs";
  const cases = [
    ["POST", project, "/api/v1.0/project/o/trigger/order", 200, { body: { sku: "ab", count: 2 } }],
    ["POST", project, "/api/v1.0/project/o/trigger/slow", 202],
    ["POST", project, "/api/v1.0/project/o/trigger/order", 400, { body: {} }],
    ["POST", project, "/api/v1.0/project/o/trigger/order", 400, { body: "{" }],
    ["POST", project, "/api/v1.0/project/o/trigger/order", 401, { key: null }],
    ["POST", project, "/api/v1.0/project/o/trigger/none", 404],
    ["POST", project, "/api/v1.0/project/o/trigger/order", 415, { body: "x", headers: { "content-type": "text/plain" } }],
    ["POST", project, "/api/v1.0/project/o/trigger/fails", 500],
    ["POST", runs, "/v1/projects/o/triggers/order/runs", 200, { body: { sku: "ab", count: 2 } }],
    ["POST", "/v1/projects/o/triggers/order/runs", "/v1/projects/o/triggers/order/runs", 202, { body: { sku: "ab", count: 2 }, ...async_ }],
    ["POST", runs, "/v1/projects/o/triggers/order/runs", 400, { body: {} }],
    ["POST", runs, "/v1/projects/o/triggers/order/runs", 403, { body: {}, ...weak }],
    ["POST", runs, "/v1/projects/o/triggers/fails/runs", 500],
    ["POST", "/api/scenario/{workflow_id}/trigger", "/api/scenario/o.agent/trigger", 202, { ...bearer, body: { session_id: "s" } }],
    ["POST", "/api/scenario/{workflow_id}/trigger", "/api/scenario/o.agent/trigger", 400, { ...bearer, body: {} }],
    ["POST", "/api/agent/trigger", "/api/agent/trigger/", 404, { ...bearer, body: {} }],
    ["POST", "/api/v1/flow/{id}", "/api/v1/flow/o.order", 200, { ...bearer, body: { inputs: { sku: "ab", count: 2 } } }],
    ["POST", "/api/v1/flow/{id}", "/api/v1/flow/o.slow", 202, bearer],
    ["POST", "/api/v1/flow/{id}", "/api/v1/flow/o.fails", 200, bearer],
    ["POST", "/api/v1/flow/{id}", "/api/v1/flow/o.order", 400, { ...bearer, body: [] }],
    ["POST", "/workflows/trigger", "/workflows/trigger?workflowId=o.order", 401, { ...bearer, body: {} }],
    ["GET", "/v1/runs", "/v1/runs?limit=5", 200],
    ["GET", "/v1/runs", "/v1/runs?limit=x", 400],
    ["GET", "/v1/runs/{id}", `/v1/runs/${fired}`, 200],
    ["GET", "/v1/runs/{id}", `/v1/runs/${done}`, 200],
    ["GET", "/v1/runs/{id}", `/v1/runs/${failed}`, 200],
    ["GET", "/v1/runs/{id}", "/v1/runs/run_none", 404],
    ["GET", "/v1/runs/{id}/events", `/v1/runs/${failed}/events`, 200, { headers: { accept: "application/json" } }],
    ["POST", "/v1/runs/{id}/cancel", `/v1/runs/${fired}/cancel`, 202],
    ["POST", "/v1/runs/{id}/cancel", `/v1/runs/${done}/cancel`, 409],
    ["GET", "/v1/triggers", "/v1/triggers", 200],
    ["GET", "/v1/triggers/{project}/{key}", "/v1/triggers/o/order", 200],
    ["GET", "/v1/triggers/{project}/{key}", "/v1/triggers/o/broken", 200],
    ["POST", "/v1/triggers/{project}/{key}/pause", "/v1/triggers/o/agent/pause", 200],
    ["POST", "/v1/triggers/{project}/{key}/pause", "/v1/triggers/o/agent/pause", 403, weak],
    ["POST", "/v1/triggers/{project}/{key}/resume", "/v1/triggers/o/agent/resume", 200],
    ["POST", "/v1/triggers/{project}/{key}/webhook", "/v1/triggers/o/order/webhook", 201],
    ["POST", "/v1/triggers/{project}/{key}/webhook", "/v1/triggers/o/order/webhook", 201, { body: { secret: "0123456789abcdef" } }],
    ["POST", "/v1/triggers/{project}/{key}/webhook", "/v1/triggers/o/order/webhook", 409, { body: { secret: "0123456789abcdef" } }],
    ["POST", "/v1/triggers/{project}/{key}/webhook", "/v1/triggers/o/order/webhook", 400, { body: { secret: "short" } }],
    ["GET", "/v1/triggers/{project}/{key}/webhook", "/v1/triggers/o/order/webhook", 200],
    ["DELETE", "/v1/triggers/{project}/{key}/webhook/{id}", "/v1/triggers/o/order/webhook/wh_none", 404],
    ["DELETE", "/v1/triggers/{project}/{key}/webhook", "/v1/triggers/o/order/webhook", 204],
    ["GET", "/v1/triggers/{project}/{key}/snippets", "/v1/triggers/o/order/snippets", 200],
    ["GET", "/v1/keys", "/v1/keys", 200],
    ["POST", "/v1/keys", "/v1/keys", 201, { body: { name: "y", permissions: ["*"], projects: "*" } }],
    ["POST", "/v1/keys", "/v1/keys", 201, { body: { name: "z", permissions: ["*"], projects: "*", secret: "0123456789abcdefg" } }],
    ["POST", "/v1/keys", "/v1/keys", 400, { body: {} }],
    ["DELETE", "/v1/keys/{id}", `/v1/keys/${made.id}`, 204],
    ["GET", "/v1/audit", "/v1/audit", 200],
    ["GET", "/healthz", "/healthz", 200],
    ["GET", "/readyz", "/readyz", 200],
  ];
  for (const [method, path, where, status, options] of cases) {
    const answer = await host.request(method, where, options);
    const said = `${method} ${where}: ${answer.status} ${answer.text}`;
    assert.equal(answer.status, status, said);
    const content = doc.paths[path][method.toLowerCase()].responses[status]?.content;
    if (status === 204) {
      assert.deepEqual([content, answer.text], [undefined, ""], said);
      continue;
    }
    const media = answer.headers["content-type"].split(";")[0];
    assert.ok(content?.[media], `${said}: no ${media} in the document`);
    check(`paths/${step(path)}/${method.toLowerCase()}/responses/${status}/content/${step(media)}/schema`, answer.json);
  }
});
