// SPDX-License-Identifier: MIT
// `input` schemas against the JSON Schema Test Suite, against Ajv given what is exported, and patterns against RegExp.
// The suite: the npm package json-schema-test-suite (draft 4). That one is old: JSON_SCHEMA_SUITE=DIR, a checkout of
// github.com/json-schema-org/JSON-Schema-Test-Suite, adds all of draft 2020-12.
import { test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import Ajv2020 from "ajv/dist/2020.js";
import { probe, seeded } from "./probe.mjs";
import { parseJson, stringifyJson } from "../../host/ui/sdk.js";

const require = createRequire(import.meta.url);

// ---- translation

class Outside extends Error {}

// The keywords that the subset leaves out, and why.
const LEFT_OUT = {
  $ref: "a schema is one table: nothing to refer to", $defs: "as $ref", definitions: "as $ref", $id: "as $ref", id: "as $ref", $anchor: "as $ref",
  allOf: "one field, one rule: the script decides the rest", anyOf: "as allOf", oneOf: "as allOf", not: "as allOf", if: "as allOf", then: "as allOf", else: "as allOf",
  additionalProperties: "unknown fields pass always", patternProperties: "names are given, not matched", propertyNames: "as patternProperties",
  minProperties: "fields are given by name", maxProperties: "as minProperties", dependencies: "as allOf", dependentRequired: "as allOf", dependentSchemas: "as allOf",
  additionalItems: "all elements are alike", prefixItems: "as additionalItems", contains: "as additionalItems", uniqueItems: "no use for it yet",
  multipleOf: "fractions are not exact in doubles", exclusiveMinimum: "min and max include their bound", exclusiveMaximum: "as exclusiveMinimum",
  default: "a trigger's `defaults` say that", unevaluatedProperties: "as additionalProperties",
};
const NULL_TYPE = "a field is never only null: `optional` allows it";
const FORMATS = new Set(["date-time", "date", "time", "duration", "email", "hostname", "ipv4", "ipv6", "uri", "uuid"]);
const MEANS = {
  string: ["minLength", "maxLength", "pattern", "format"], number: ["minimum", "maximum"],
  array: ["minItems", "maxItems", "items"], object: ["properties", "required"],
};
const BOUNDS = { minLength: "min", minimum: "min", minItems: "min", maxLength: "max", maximum: "max", maxItems: "max" };

const kindOf = (v) => (v === null ? "null" : Array.isArray(v) ? "array" : typeof v === "bigint" ? "number" : typeof v);
const hasType = (type, v) => type === "any" || kindOf(v) === (type === "integer" ? "number" : type);

const holds = (v, name) => typeof v === "object" && v !== null && (Object.hasOwn(v, name) || Object.values(v).some((inner) => holds(inner, name)));

/** [rule, the type that was added to it or null] */
function translate(schema, outermost = true) {
  if (schema === true) return [{ type: "any" }, null];
  if (schema === false) throw new Outside("a value that nothing satisfies");
  const keywords = Object.keys(schema).filter((keyword) => keyword !== "$comment" && keyword !== "$schema");
  const leftOut = keywords.find((keyword) => Object.hasOwn(LEFT_OUT, keyword));
  if (leftOut) throw new Outside(leftOut);
  if (holds(schema, "$ref")) throw new Outside("$ref");
  for (const keyword of keywords) {
    if (!["type", "enum", "const"].includes(keyword) && !Object.values(MEANS).flat().includes(keyword)) throw new Outside(`${keyword}: no keyword of the subset`);
  }
  const implied = Object.keys(MEANS).filter((type) => MEANS[type].some((keyword) => keywords.includes(keyword)));
  if (Array.isArray(schema.type) || implied.length > 1) throw new Outside("several types");
  if (schema.type === "null") throw new Outside(NULL_TYPE);
  if (!schema.type && implied.length && !outermost) throw new Outside("a rule without a type inside another");
  const type = schema.type ?? implied[0] ?? "any";
  if (implied[0] && implied[0] !== type && !(implied[0] === "number" && type === "integer")) throw new Outside("a keyword of another type");
  const rule = { type };
  for (const [keyword, ours] of Object.entries(BOUNDS)) if (keyword in schema) rule[ours] = schema[keyword];
  if ("pattern" in schema) rule.pattern = schema.pattern;
  if ("format" in schema) {
    if (!FORMATS.has(schema.format)) throw new Outside(`format ${schema.format}`);
    rule.format = schema.format;
  }
  const values = schema.enum ?? ("const" in schema ? [schema.const] : undefined);
  if (values) {
    if (values.length === 0 || !values.every((v) => hasType(type, v))) throw new Outside("enum of another type");
    rule.enum = values;
  }
  if (schema.items !== undefined) {
    if (Array.isArray(schema.items)) throw new Outside("prefixItems");
    rule.items = translate(schema.items, false)[0];
  }
  if (type === "object") {
    const required = schema.required ?? [];
    const rules = Object.entries(schema.properties ?? {}).map(([name, inner]) => {
      const [field] = translate(inner, false);
      return [name, required.includes(name) ? field : { ...field, optional: true }];
    });
    const known = new Set(rules.map(([name]) => name));
    for (const name of required) if (!known.has(name)) rules.push([name, { type: "any" }]);
    if (rules.length) rule.fields = Object.fromEntries(rules);
  }
  return [rule, schema.type || implied.length === 0 ? null : type];
}

// Single cases that are ours to judge otherwise.
const holdsNull = (v) => v === null || (typeof v === "object" && Object.values(v).some(holdsNull));
function exception(schema, data, file) {
  if (/\\u0000/.test(stable([schema, data]))) return "JSON that holds NUL is refused whole";
  if (holdsNull(data) && schema.properties) return "null stands for a missing field where that is optional";
  if (schema.type === "integer" && kindOf(data) === "number" && (data >= 2 ** 63 || data < -(2 ** 63))) return "an integer is one within 64 bits";
  if (schema.format === "hostname" && /^xn--/i.test(data)) return "what punycode says is not looked into";
  if (file === "format") return "format is asserted here, not noted";
  if (file === "draft4/optional/zeroTerminatedFloats") return "1.0 is an integer (so since draft 6)";
  if (file === "draft4/optional/format" && schema.format === "uri" && data.startsWith("//")) return "draft 4: no scheme (corrected in later drafts)";
  return null;
}

const stable = stringifyJson; // integers are BigInts where a number would round them
const LATEST = process.env.JSON_SCHEMA_SUITE;
function* suite(root, prefix) {
  for (const name of readdirSync(root, { recursive: true }).map(String).filter((name) => name.endsWith(".json")).sort())
    for (const { schema, tests } of parseJson(readFileSync(path.join(root, name), "utf8")))
      for (const { data, valid } of tests) yield { file: prefix + name.replace(".json", ""), schema, data, valid };
}
function* suites() {
  yield* suite(path.join(path.dirname(require.resolve("json-schema-test-suite")), "tests", "draft4"), "draft4/");
  if (LATEST) yield* suite(path.join(LATEST, "tests", "draft2020-12"), "");
}

const applied = [];
const left = new Map();
const leave = (reason) => left.set(reason, (left.get(reason) ?? 0) + 1);
for (const entry of suites()) {
  try {
    const [rule, added] = translate(entry.schema);
    const reason = added && !hasType(added, entry.data) ? "a keyword over a value of another type: a rule has a type here" : exception(entry.schema, entry.data, entry.file);
    if (reason) leave(reason);
    else applied.push({ ...entry, input: { v: rule } });
  } catch (error) {
    if (!(error instanceof Outside)) throw error;
    leave(error.message in LEFT_OUT ? `${error.message}: ${LEFT_OUT[error.message]}` : error.message);
  }
}
const answers = probe("schema", applied.map(({ input, data }) => stable({ input, body: { v: data } }))).map((line) => JSON.parse(line));

test("the suite: what lies within the subset is judged as it says", (t) => {
  for (const [i, { file, schema, data, valid }] of applied.entries()) {
    const what = `${file}: ${stable(schema)} ${stable(data)}`;
    assert.equal(answers[i].load, null, what);
    assert.equal(answers[i].ok, valid, `${what}: ${answers[i].error}`);
    if (!valid) assert.match(answers[i].error, /^\/v(\/[^]+)? must |^\/v\/\S+ is missing$/, what);
  }
  t.diagnostic(`${applied.length} cases applied`);
  for (const [reason, count] of [...left].sort((a, b) => b[1] - a[1])) t.diagnostic(`${count} left out: ${reason}`);
  assert.ok(applied.length >= (LATEST ? 750 : 100), String(applied.length));
  const per = (word) => applied.filter(({ file }) => file.includes(word)).length;
  const least = LATEST ? { "format/": 260, type: 60, enum: 40, pattern: 4, regex: 60, items: 9, properties: 8, required: 6, min: 12, max: 12 }
    : { type: 20, enum: 4, pattern: 2, format: 8, min: 8, max: 8 };
  for (const [word, cases] of Object.entries(least))
    assert.ok(per(word) >= cases, `${word}: ${per(word)}`);
});

const ajv = new Ajv2020({ strict: false, validateFormats: false, ownProperties: true });
const compiled = new Map();
/** Ajv knows no BigInt: it gets the nearest number, which judges the same where no two integers at hand round to one. */
const rounded = (v) => JSON.parse(stable(v));
function ajvSays(exported, body) {
  const key = stable(exported);
  if (!compiled.has(key)) compiled.set(key, ajv.compile(exported));
  return compiled.get(key)(rounded(body));
}

test("what is exported means the same to Ajv", () => {
  for (const [i, { file, schema, data, valid }] of applied.entries()) {
    // digit: an alias that RegExp lacks; __proto__: a name that Ajv leaves out
    if (schema.format || /\\p\{digit\}/.test(schema.pattern) || /__proto__/.test(stable(answers[i].exported))) continue;
    assert.equal(ajvSays(answers[i].exported, { v: data }), valid, `${file}: ${stable(answers[i].exported)} ${stable(data)}`);
  }
});

// ---- at random

// No two of them round to the same number.
const WIDE = [2n ** 53n + 1n, -(2n ** 53n) - 1n, 2n ** 63n - 1n, -(2n ** 63n), 820982911946154508n];

test("integers that differ in the last digit differ in type, bounds and enum", () => {
  const wide = 9007199254740993n, least = -(2n ** 63n), most = 2n ** 63n - 1n;
  const cases = [
    [{ type: "integer" }, [least, most, wide, -wide], [most + 1n, least - 1n, 2n ** 64n]],
    [{ type: "integer", min: wide, max: wide + 2n }, [wide, wide + 1n, wide + 2n], [wide - 1n, wide + 3n, most, least]],
    [{ type: "integer", enum: [wide, most] }, [wide, most], [wide - 1n, wide + 1n, most - 1n]],
    [{ type: "number", max: wide }, [wide, wide - 1n, least], [wide + 1n, most]],
    [{ type: "array", items: { type: "integer", max: least + 1n } }, [[least], [least + 1n]], [[least, least + 2n]]],
  ].flatMap(([v, good, bad]) => [...good.map((one) => [v, one, true]), ...bad.map((one) => [v, one, false])]);
  const lines = probe("schema", cases.map(([v, one]) => stable({ input: { v }, body: { v: one } })));
  for (const [i, [v, one, valid]] of cases.entries()) {
    const { load, ok, exported } = parseJson(lines[i]);
    assert.equal(load, null, stable(v));
    assert.equal(ok, valid, `${stable(v)} ${stable(one)}`);
    const { minimum, maximum, enum: values } = exported.properties.v.items ?? exported.properties.v;
    const { min, max, enum: given } = v.items ?? v;
    assert.deepEqual([minimum, maximum, values], [min, max, given]);
  }
});

test("random schemas and bodies: Ajv, given the exported schema, says the same", () => {
  const random = seeded(8785);
  const upTo = (n) => Math.floor(random() * n);
  const pick = (list) => list[upTo(list.length)];
  const texts = ["", "a", "ab", "abc", "AB-12", "é", "🌙🌙", "z\n", "-7"];
  const value = (depth) =>
    pick([
      () => pick(texts), () => pick([0, -1, 1, 2.5, 3, 1e15, -0.5, ...WIDE]), () => random() < 0.5, () => null,
      () => (depth ? Array.from({ length: upTo(4) }, () => value(depth - 1)) : []),
      () => (depth ? object(depth - 1) : {}),
    ])();
  const object = (depth) => Object.fromEntries(pick([[], ["a"], ["a", "b"], ["b", "c"], ["a", "b", "c"]]).map((name) => [name, value(depth)]));
  const bounds = (least, most) => {
    const [min, max] = [least + upTo(most - least), least + upTo(most - least)].sort((a, b) => a - b);
    return { ...(random() < 0.5 && { min }), ...(random() < 0.5 && { max }) };
  };
  const rule = (depth) => {
    const type = pick(depth ? ["string", "number", "integer", "boolean", "object", "array", "any"] : ["string", "number", "integer", "boolean", "any"]);
    const extra = {
      string: () => ({ ...bounds(0, 4), ...(random() < 0.3 && { pattern: pick(["^[a-z]*$", "b", "^.{2}$", "\\d", "^(?!a)"]) }), ...(random() < 0.2 && { enum: [pick(texts), "ab"] }) }),
      number: () => bounds(-2, 4), integer: () => (random() < 0.3 ? { enum: [1, pick(WIDE)] } : bounds(-2, 4)), boolean: () => ({}), any: () => (random() < 0.3 ? { enum: [value(1), 1, "a"] } : {}),
      object: () => (random() < 0.7 ? { fields: rules(depth - 1) } : {}),
      array: () => ({ ...bounds(0, 3), ...(random() < 0.7 && { items: rule(depth - 1) }) }),
    }[type]();
    return { type, ...(random() < 0.4 && { optional: true }), ...extra };
  };
  const rules = (depth) => Object.fromEntries(pick([["a"], ["a", "b"], ["a", "b", "c"]]).map((name) => [name, rule(depth)]));
  const cases = Array.from({ length: 1000 }, () => ({ input: rules(2), body: object(3) }));
  let passed = 0;
  for (const [i, line] of probe("schema", cases.map((one) => stable(one))).entries()) {
    const { load, ok, exported } = JSON.parse(line);
    assert.equal(load, null, stable(cases[i].input));
    assert.equal(ajvSays(exported, cases[i].body), ok, `${stable(cases[i])} ${line}`);
    passed += ok;
  }
  assert.ok(passed > 100 && passed < 900, String(passed)); // both verdicts are tried
});

const match = (pairs) =>
  probe("schema", pairs.map(([pattern, v]) => stable({ input: { v: { type: "string", pattern } }, body: { v } }))).map((line) => JSON.parse(line));

test("random patterns match what RegExp with the u flag matches", () => {
  const random = seeded(262);
  const pick = (list) => list[Math.floor(random() * list.length)];
  const one = () =>
    pick(["a", "b", "B", "-", "é", "🌙", ".", "\\d", "\\D", "\\s", "\\S", "\\w", "\\W", "\\.", "\\x41", "\\u0062", "\\u{1F319}", "\\ud83c\\udf19", "\\p{Lu}", "\\P{L}",
      "\\p{Uppercase_Letter}", "\\p{Script=Greek}", "\\n", "\\v", "\\cJ", "\\0", "[^]", "[]", "/", ",", "0"]);
  const inClass = () => pick(["a", "b-z", "A-Z", "\\d", "\\S", "\\s", "\\W", "\\-", "é", "🌙-🌟", "\\b", "\\]", "[", ":", "\\x30-9", "\\p{Ll}", "^", ".", "$", "-"]);
  const term = (depth) =>
    pick([
      one, one, one, () => `[${random() < 0.4 ? "^" : ""}${inClass()}${inClass()}]`, () => "^", () => "$", () => "\\b", () => "\\B",
      ...(depth ? [() => `(${branch(depth - 1)})`, () => `(?:${branch(depth - 1)}|${branch(depth - 1)})`, () => `(?=${branch(depth - 1)})`, () => `(?!${branch(depth - 1)})`,
        () => `(?<=${one()})`, () => `(?<n${Math.floor(random() * 1e6)}>${branch(depth - 1)})`] : []),
    ])() + (random() < 0.3 ? pick(["*", "+", "?", "{2}", "{0,1}", "{1,}", "*?", "+?", "??", "{1,2}?"]) : "");
  const branch = (depth) => Array.from({ length: 1 + Math.floor(random() * 3) }, () => term(depth)).join("");
  const letters = ["a", "b", "B", "z", "A", "0", "9", "-", " ", "\n", "\r", "\u2028", "é", "Ω", "🌙", "\u00a0", "\ufeff", ".", "_", "]", "\v"];
  const pairs = [];
  while (pairs.length < 6000) {
    const pattern = branch(2);
    for (let i = 0; i < 3; i++) pairs.push([pattern, Array.from({ length: Math.floor(random() * 5) }, () => pick(letters)).join("")]);
  }
  let matched = 0;
  let refused = 0;
  for (const [i, { load, ok, error }] of match(pairs).entries()) {
    const [pattern, subject] = pairs[i];
    let theirs;
    try {
      theirs = new RegExp(pattern, "u");
    } catch {
      theirs = null; // a quantifier over an assertion, a range out of order
    }
    assert.equal(load === null, theirs !== null, `${pattern}: ${load}`);
    refused += load !== null;
    if (load !== null) continue;
    assert.equal(ok, theirs.test(subject), `/${pattern}/u on ${stable(subject)}: ${error}`);
    matched += ok;
  }
  assert.ok(matched > 1000 && matched < 5000, String(matched));
  assert.ok(refused > 150 && refused < 4500, String(refused));
});

test("what only PCRE2 knows is refused, with its place", () => {
  for (const [pattern, why] of [
    ["(?i)a", /^input\.v: "pattern": character 1: \(\? is followed by/], ["(?>a)", /character 1/], ["(?#c)", /character 1/], ["(?|a|b)", /character 1/], ["(?P<n>a)", /character 1/],
    ["a(?R)", /character 2/], ["(?1)", /character 1/], ["(?C1)", /character 1/], ["(*ACCEPT)", /character 2: nothing to repeat/], ["(*UTF)", /nothing to repeat/],
    ["a++", /character 3: nothing to repeat/], ["\\Aa", /\\A is no escape/], ["\\Qa\\E", /\\Q/], ["\\h", /\\h/], ["\\K", /\\K/], ["\\G", /\\G/], ["\\R", /\\R/], ["\\X", /\\X/],
    ["\\a", /\\a/], ["\\e", /\\e/], ["\\N", /\\N/], ["\\o{7}", /\\o/], ["é\\", /character 2: a backslash stands at the end/], ["\\é", /\\é is no escape/], ["(", /\( is not closed/], [")", /\) opens nowhere/],
    ["[a", /\[ is not closed/], ["a{", /wants counts/], ["}", /opens nowhere/], ["a{3,2}", /out of order/], ["a{1001}", /at most 1000/], ["[b-a]", /out of order/], ["\\1", /no such group/],
    ["(a)\\2", /no such group/], ["\\k<n>", /./], ["(?<n>a)(?<n>b)", /./], ["\\p{Nope}", /unknown property/], ["\\pL", /name of a property/], ["\\ud800", /lone surrogate/], ["\\u{110000}", /10FFFF/],
    ["(?<=a+)b", /lookbehind/], ["x".repeat(1025), /longer than 1024 bytes/], ["(".repeat(40) + ")".repeat(40), /deeper than 32/], ["\\01", /digit/], ["(((a{1000}){1000}){1000})", /./],
  ]) {
    const [{ load }] = match([[pattern, "a"]]);
    assert.match(load ?? "accepted", /^input\.v: "pattern": /, pattern);
    assert.match(load, why, pattern);
  }
});

test("what is not as in ECMA-262, as regex.h says", () => {
  const [kept] = match([["^(?:(a)|b)*\\1$", "aba"]]);
  assert.deepEqual([kept.ok, new RegExp("^(?:(a)|b)*\\1$", "u").test("aba")], [true, false]);
  const named = match([["^(?<q>['\"]).*\\k<q>$", `"a"`], ["^(?<q>['\"]).*\\k<q>$", `"a'`], ["^(a)?\\1$", ""], ["\\bon\\b", "x on y"]]);
  assert.deepEqual(named.map(({ ok }) => ok), [true, false, true, true]);
});

test("catastrophic patterns and long subjects end in a refusal, at once", () => {
  const evil = ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(a*)*b", "^(?:a*a*)*$", "(x+x+)+y", "^((a*)*)*!", "(?=(a+)+b)a"];
  const started = process.hrtime.bigint();
  const bombs = match(evil.flatMap((pattern) => [[pattern, "a".repeat(5000) + "!"], [pattern, "x".repeat(16384)]]));
  const took = Number(process.hrtime.bigint() - started) / 1e6;
  assert.ok(bombs.filter(({ error }) => error === "/v takes more than the 1000000 steps that patterns may take for one body").length === 7, stable(bombs.map(({ error }) => error)));
  assert.ok(took < 20000, `${took} ms`); // seconds with sanitizers on a busy machine; without the limit: years
  const [long, most] = match([["^a*$", "a".repeat(16385)], ["^a*$", "a".repeat(16384)]]);
  assert.equal(long.error, "/v must have at most 16384 bytes: it has a pattern");
  assert.equal(most.ok, true);
});

test("samples fit their formats", () => {
  const input = Object.fromEntries([...FORMATS].map((format) => [format, { type: "string", format }]));
  const [first] = probe("schema", [stable({ input, body: {} })]).map((line) => JSON.parse(line));
  const [again] = probe("schema", [stable({ input, body: first.sample })]).map((line) => JSON.parse(line));
  assert.equal(again.ok, true, again.error);
});
