// SPDX-License-Identifier: MIT
// RFC 8785 against the npm package canonicalize: random documents, and the cases that are easy to get wrong.
import { test } from "node:test";
import assert from "node:assert/strict";
import canonicalize from "canonicalize";
import { probe, seeded } from "./probe.mjs";

const random = seeded(8785);
const upTo = (n) => Math.floor(random() * n);
const pick = (list) => list[upTo(list.length)];

// Names around the places where UTF-8, UTF-16 and code points sort differently.
const letters = ["a", "b", "A", "1", "", "é", "\u007f", "\u0080", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\ufb33", "\ufffd", "\uffff", "😀", "\u{10000}", "\u{10ffff}", "\u20ac",
  "\r", "\n", "\t", "\b", "\f", "\u0001", "\u001f", '"', "\\", "/", "\u2028", "<", "'"];
const text = () => Array.from({ length: upTo(5) }, () => pick(letters)).join("");
const bytes = new DataView(new ArrayBuffer(8));
function number() {
  const kinds = [
    () => upTo(2 ** 31) - 2 ** 30, () => upTo(100000) / pick([10, 100, 1000, 3, 7]), () => (random() - 0.5) * 10 ** (upTo(600) - 300),
    () => { bytes.setUint32(0, upTo(2 ** 32)); bytes.setUint32(4, upTo(2 ** 32)); return bytes.getFloat64(0); },
    () => 2 ** (upTo(2000) - 1000), () => pick([0, -0, 1e21, 1e-7, 1e-6, 123456789012345680000, 5e-324, Number.MAX_VALUE, 2 ** 53, 2 ** 53 + 2, -(2 ** 63), 0.1 + 0.2, 4.5, 1e23, 9007199254740993]),
  ];
  const n = pick(kinds)();
  return Number.isFinite(n) ? n : 0;
}
function value(depth) {
  const kind = upTo(depth > 0 ? 8 : 5);
  if (kind === 0) return pick([null, true, false]);
  if (kind <= 2) return number();
  if (kind <= 4) return text();
  if (kind === 5) return Array.from({ length: upTo(5) }, () => value(depth - 1));
  return Object.fromEntries(Array.from({ length: upTo(8) }, () => [text(), value(depth - 1)]));
}
// Where an integer without point and exponent has every digit, and with one it is its double: its form differs from RFC 8785 then.
const isWide = (n) => Number.isInteger(n) && Math.abs(n) > Number.MAX_SAFE_INTEGER && n >= -(2 ** 63) && n < 2 ** 63;
// The same document, written otherwise: other blanks, escapes, number forms.
const units = (c) => Array.from({ length: c.length }, (_, i) => `\\u${c.charCodeAt(i).toString(16).padStart(4, "0")}`).join("");
const escape = (s) => `"${Array.from(s, (c) => (random() < 0.3 ? units(c) : c)).join("")}"`;
function disguised(v) {
  const blank = () => pick(["", "", " ", "\t", "\r "]);
  if (typeof v === "string") return /[\u0000-\u001f"\\]/.test(v) ? JSON.stringify(v) : escape(v);
  if (typeof v === "number") return isWide(v) ? String(v) : pick([String, (n) => n.toExponential(), (n) => (Object.is(n, -0) ? "-0.0" : Number.isInteger(n) && Math.abs(n) < 1e15 ? `${n}.0` : String(n))])(v);
  if (v === null || typeof v === "boolean") return String(v);
  if (Array.isArray(v)) return `[${blank()}${v.map(disguised).join(`${blank()},${blank()}`)}${blank()}]`;
  const members = Object.entries(v).map(([name, inner]) => `${/[\u0000-\u001f"\\]/.test(name) ? JSON.stringify(name) : escape(name)}${blank()}:${blank()}${disguised(inner)}`);
  return `{${blank()}${members.sort(() => random() - 0.5).join(`${blank()},`)}${blank()}}`;
}

test("10,000 random documents are canonical byte for byte, however they were written", () => {
  const documents = Array.from({ length: 10000 }, () => value(4));
  const plain = probe("canonical", documents.map((d) => JSON.stringify(d)));
  const other = probe("canonical", documents.map(disguised));
  for (const [i, document] of documents.entries()) {
    assert.equal(plain[i], canonicalize(document));
    assert.equal(other[i], plain[i]);
  }
});

test("names sort by UTF-16 units, all pairs of the hard ones", () => {
  const pairs = letters.flatMap((a) => letters.filter((b) => b !== a).map((b) => ({ [a + "x"]: 1, [b]: 2, [a]: 3 })));
  const answers = probe("canonical", pairs.map((d) => JSON.stringify(d)));
  for (const [i, pair] of pairs.entries()) assert.equal(answers[i], canonicalize(pair));
});

test("numbers: every power of ten and two, and their neighbours", () => {
  const numbers = [];
  for (let e = -323; e <= 308; e++) numbers.push(Number(`1e${e}`), -Number(`9.999999999999999e${e}`), Number(`1.5e${e}`) || 1);
  for (let e = -1074; e <= 1023; e++) {
    bytes.setFloat64(0, 2 ** e);
    const bits = bytes.getBigUint64(0);
    for (const step of [-1n, 0n, 1n]) {
      bytes.setBigUint64(0, bits + step);
      if (Number.isFinite(bytes.getFloat64(0))) numbers.push(bytes.getFloat64(0));
    }
  }
  const finite = numbers.filter(Number.isFinite);
  const answers = probe("canonical", finite.map(String));
  for (const [i, n] of finite.entries()) assert.equal(answers[i], canonicalize(n), String(n));
});

test("within 64 bits a wide integer with a point or an exponent is the integer that its double is", () => {
  const numbers = Array.from({ length: 2000 }, () => pick([-1, 1]) * 2 ** (53 + random() * 10)).map(Math.trunc).filter(isWide);
  assert.ok(numbers.length > 1900);
  const spelled = numbers.flatMap((n) => [n.toExponential(), `${n}.0`, `${BigInt(n)}.00`, `${BigInt(n)}0e-1`, String(BigInt(n))]);
  const answers = probe("canonical", spelled);
  for (const [i, form] of spelled.entries()) assert.equal(answers[i], String(BigInt(Number(form))), form);
});
