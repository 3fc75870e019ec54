// SPDX-License-Identifier: MIT
// described.mjs - every answer that a test gets from a host is checked against that host's own /openapi.json: path, method, status, media
// type and body (no field that the document does not name), and what holds for all answers (X-Request-Id, Cache-Control, Allow …).
// host.mjs calls it; a test has nothing to do. How many answers were checked is printed when the process ends.
import assert from "node:assert/strict";
import Ajv from "ajv/dist/2020.js";
import formats from "ajv-formats";

// What the door says before any route is asked, or what any route may say.
const ANYWHERE = new Set([400, 405, 408, 411, 413, 414, 417, 421, 431, 501, 503, 505]);
const counts = { answers: 0, bodies: 0 };
process.on("exit", () => {
  if (counts.answers) console.log(`# ${counts.answers} answers checked against /openapi.json, ${counts.bodies} with a body`);
});

// Objects whose fields are named have no others. What an allOf joins is left open: together they are closed.
function closed(schema, open = new Set()) {
  if (Array.isArray(schema)) return schema.map((one) => closed(one, open));
  if (schema === null || typeof schema !== "object") return schema;
  const out = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, open.has(value) ? value : closed(value, open)]));
  if (out.allOf) return { ...out, unevaluatedProperties: false };
  const named = out.type === "object" && out.properties && !("additionalProperties" in out);
  return named ? { ...out, additionalProperties: false } : out;
}

function joined(doc) {
  const schemas = Object.values(doc.components.schemas).filter(({ allOf }) => allOf);
  return new Set(schemas.flatMap(({ allOf }) => allOf.map(({ $ref }) => doc.components.schemas[$ref.split("/").at(-1)])));
}

const step = (name) => name.replaceAll("~", "~0").replaceAll("/", "~1");

export class Described {
  constructor(doc) {
    this.ajv = formats.default(new Ajv.default({ strict: false, allErrors: true }));
    this.ajv.addSchema(closed(doc, joined(doc)), "doc");
    this.paths = Object.entries(doc.paths).map(([path, operations]) => ({ path, operations, parts: path.split("/") }));
  }

  // The path of the document that an address is of.
  find(where) {
    const have = where.split("?")[0].split("/");
    if (have.length > 2 && have.at(-1) === "" && have.at(-2) !== "") have.pop(); // the slash at the end
    return this.paths.find(({ parts }) => parts.length === have.length && parts.every((part, i) => (part[0] === "{" ? have[i] !== "" : part === have[i])));
  }

  body(pointer, json, said) {
    const validate = this.ajv.getSchema(`doc#/${pointer}`);
    assert.ok(validate, `${pointer} is not in the document`);
    assert.ok(validate(json), `${said}: ${this.ajv.errorsText(validate.errors)}`);
    counts.bodies++;
  }

  // text and json: undefined when the body was not read.
  check(method, where, { status, headers, text, json }) {
    const said = `${method} ${where.slice(0, 200)}: ${status} ${(text ?? "").slice(0, 500)} is not as /openapi.json has it`;
    const found = this.find(where);
    const name = (method === "HEAD" ? "GET" : method).toLowerCase();
    const operation = found?.operations[name];
    counts.answers++;
    headersOk(said, status, headers, json);
    if (found && method === "OPTIONS" && status === 204 && !text) return; // a preflight: of every path that pages may call
    if (!operation) {
      assert.ok(ANYWHERE.has(status) || (!found && status === 404) || status === 404, said);
      return;
    }
    const media = headers["content-type"]?.split(";")[0];
    const content = operation.responses[status]?.content;
    assert.ok(operation.responses[status] || ANYWHERE.has(status), said);
    if (text === undefined || method === "HEAD" || !operation.responses[status]) return;
    if (text === "") assert.equal(content, undefined, said);
    else assert.ok(content?.[media], `${said}: no ${media}`);
    if (json !== undefined) this.body(`paths/${step(found.path)}/${name}/responses/${status}/content/${step(media)}/schema`, json, said);
  }
}

function headersOk(said, status, headers, json) {
  assert.match(headers["x-request-id"] ?? "", /^[\w.-]{1,128}$/, `${said}: X-Request-Id`);
  if (status !== 304) assert.match(headers["cache-control"] ?? "", /no-store|no-cache|max-age/, `${said}: Cache-Control`);
  if (json !== undefined) assert.match(headers["cache-control"], /no-store/, `${said}: Cache-Control`);
  if (status === 405) assert.match(headers.allow ?? "", /^[A-Z]+(, [A-Z]+)*$/, `${said}: Allow`);
  if (status === 401) assert.ok(headers["www-authenticate"], `${said}: WWW-Authenticate`);
  if (status === 429 || status === 503) assert.match(headers["retry-after"] ?? "", /^[1-9]\d*$/, `${said}: Retry-After`);
  const run = json?.runId ?? json?.data?.run_id;
  if (typeof run === "string") assert.equal(headers["x-run-id"], run, `${said}: X-Run-Id`);
}
