// SPDX-License-Identifier: MIT
// coverage.mjs BUILD_DIR [FILE]... - what the counters in BUILD_DIR (see coverage.sh) say: lines and branches executed, a row for each
// folder of host/; with FILEs (below host/) instead the places in them that no test reached.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

const [folder, ...wanted] = process.argv.slice(2);
if (!folder) {
  console.error("usage: node tests/coverage.mjs BUILD_DIR [FILE]...");
  process.exit(2);
}
const host = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), "../host") + "/";

// The notes of what the layers were compiled from. One without counts was never run: gcov counts its lines as missed.
function notes() {
  const all = readdirSync(path.join(folder, "CMakeFiles"), { recursive: true }).map((name) => path.join(folder, "CMakeFiles", name));
  return all.filter((name) => name.endsWith(".gcno") && name.includes(".dir/host/"));
}

function gcov(names) {
  const done = spawnSync("gcov", ["--json-format", "--stdout", "--branch-probabilities", ...names], { maxBuffer: 1 << 30 });
  if (done.status !== 0) throw new Error(`gcov: ${done.error ?? done.stderr}`);
  return done.stdout.toString().split("\n").filter(Boolean).map((line) => JSON.parse(line));
}

// file below host/ -> {lines: number -> {count, branches: [count]}}. A header's functions are in several notes: counts are added up.
function collect() {
  const files = new Map();
  for (const { files: parts } of gcov(notes())) {
    for (const { file, lines } of parts) {
      const name = path.resolve(folder, file);
      if (!name.startsWith(host) || !existsSync(name)) continue; // not ours; or moved since, and its notes are left
      const known = files.get(name.slice(host.length)) ?? new Map();
      files.set(name.slice(host.length), known);
      for (const line of lines) add(known, line);
    }
  }
  for (const [name, lines] of files) withoutAsserts(name, lines);
  return files;
}

function add(known, { line_number: number, count, branches }) {
  const line = known.get(number) ?? { count: 0, branches: [] };
  known.set(number, line);
  line.count += count;
  branches.forEach((branch, i) => (line.branches[i] = (line.branches[i] ?? 0) + branch.count));
}

// An assertion's other branch is a bug of ours: no test shall reach it.
function withoutAsserts(name, lines) {
  const text = readFileSync(host + name, "utf8").split("\n");
  for (const [number, line] of lines) if (/\bassert\(/.test(text[number - 1] ?? "")) line.branches = [];
}

const none = () => ({ lines: 0, hit: 0, branches: 0, taken: 0 });

function sum(total, lines) {
  for (const { count, branches } of lines.values()) {
    total.lines++;
    total.hit += count > 0;
    total.branches += branches.length;
    total.taken += branches.filter((n) => n > 0).length;
  }
}

function table(files) {
  const rows = new Map();
  for (const [name, lines] of files) {
    const steps = path.dirname(name).split("/"); // "serve/api/runs.c" counts for serve/ and serve/api/; main.c for "."
    for (let i = 1; i <= steps.length; i++) {
      const row = steps.slice(0, i).join("/");
      rows.set(row, rows.get(row) ?? none());
      sum(rows.get(row), lines);
    }
  }
  const all = none();
  for (const lines of files.values()) sum(all, lines);
  const percent = (part, whole) => (whole ? ((100 * part) / whole).toFixed(1) : "-").padStart(6);
  const print = (name, r) =>
    console.log(
      `${name.padEnd(24)}${percent(r.hit, r.lines)} % of ${String(r.lines).padStart(5)} lines  ` +
        `${percent(r.taken, r.branches)} % of ${String(r.branches).padStart(5)} branches`,
    );
  for (const [name, row] of [...rows].sort(([a], [b]) => (a < b ? -1 : 1))) print(`${name}/`, row);
  print("host/ in all", all);
}

function missed(files, name) {
  const lines = files.get(name);
  if (!lines) throw new Error(`${name} is no file with counts below host/`);
  const text = readFileSync(host + name, "utf8").split("\n");
  for (const [number, { count, branches }] of [...lines].sort(([a], [b]) => a - b)) {
    const cut = branches.filter((n) => n === 0).length;
    if (count > 0 && cut === 0) continue;
    const what = count > 0 ? `${cut} of ${branches.length} branches` : "not run";
    console.log(`${name}:${number}: ${what.padEnd(16)} ${text[number - 1]}`);
  }
}

const files = collect();
if (wanted.length) wanted.forEach((name) => missed(files, name));
else table(files);
