// SPDX-License-Identifier: MIT
// Lua's own test suite (https://www.lua.org/tests/, MIT) in a real runner: is our library stock Lua where it does not say otherwise?
//
//   LUA_TESTS=DIR MOONTIDE=build/moontide node tests/lua/official.mjs [FILE…]     DIR: the folder testes/ of a checkout, of tag v5.4.4
//   … official.mjs --why            also lists what is left out, with the reasons
//   … official.mjs --hash FILE FROM TO                                           an entry for the table of exclusions
//
// Each file becomes one trigger; what official_exclusions.mjs names is cut out of it in memory (blank lines stay, so that lines keep
// their numbers). What the suite only uses as a tool gets a stand-in in front of it: collectgarbage that collects nothing, a
// debug.getinfo that knows the current line. assert counts. Exit 1 when an assertion fails, a file does not come to its end, or an
// exclusion names lines that are not there. ctest runs it if LUA_TESTS is set when cmake is: the files are not ours to ship.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { startHost } from "../api/host.mjs";
import { excluded, reasons, whole } from "./official_exclusions.mjs";

const FOLDER = process.env.LUA_TESTS;
if (!FOLDER) throw new Error("set LUA_TESTS to the folder testes/ of a checkout of Lua 5.4.4");

// ---- cutting

const read = (file) => readFileSync(path.join(FOLDER, `${file}.lua`), "latin1").replace(/\n$/, "").split("\n");
const hash = (lines) => createHash("sha256").update(lines.join("\n"), "latin1").digest("hex").slice(0, 12);

// Where the lines of an exclusion are: at its own place in 5.4.4, elsewhere in another release, or nowhere (-1).
function find(lines, from, to, is) {
  const count = to - from + 1;
  if (hash(lines.slice(from - 1, to)) === is) return from - 1;
  for (let i = 0; i + count <= lines.length; i++) if (hash(lines.slice(i, i + count)) === is) return i;
  return -1;
}

function cut(file) {
  const original = read(file);
  const lines = [...original];
  const missing = [];
  let gone = 0;
  for (const [from, to, is, , put] of excluded[file] ?? []) {
    const at = find(original, from, to, is);
    if (at < 0) missing.push(`${file}.lua:${from}`);
    for (let i = 0; at >= 0 && i <= to - from; i++, gone++) lines[at + i] = "";
    if (at >= 0 && put) lines[at] = put;
  }
  return { source: lines.join("\n"), missing, gone, total: original.length };
}

// ---- running

// All on one line, so that the file's first line stays number 1.
const before = [
  'return trigger { limits = { cpu = "60s", memory = "64MB" }, wait = "5m", run = function()',
  "local passed, failed, report = 0, {}, {}",
  "local pcall_, error_, match_, tonumber_, select_, require_ = pcall, error, string.match, tonumber, select, require",
  'local function line_(level) local _, e = pcall_(error_, "", level + 2) return tonumber_(match_(e, ":(%d+): $")) end',
  "local function lines_(first) local at = {} for level = first, first + 4 do at[#at + 1] = line_(level) end return table.concat(at, ' from ') end",
  "local function fail_(count, ...) failed[#failed + 1] = lines_(4)",
  'if count == 1 then error_("assertion failed!", 3) end error_(select_(2, ...), 3) end',
  "local assert_ = assert",
  "function assert(...) if (...) then passed = passed + 1 elseif select_('#', ...) > 0 then fail_(select_('#', ...), ...) end return assert_(...) end",
  "function print() end",
  "function collectgarbage() return 0 end",
  'local tools = { bwcoercion = true, tracegc = { start = print, stop = print } }',
  'tools.debug = { getinfo = function(level) return { currentline = line_(level + 1) } end }',
  "debug = tools.debug",
  "for _, name in ipairs { 'coroutine', 'math', 'os', 'string', 'table', 'utf8' } do tools[name] = _G[name] end",
  "function require(name) return tools[name] or require_(name) end",
  "local where",
  "local ended, why = xpcall(function(...) ",
].join(" ");
const after = [
  "",
  "end, function(e) where = lines_(3) return e end)",
  "report.passed, report.failed, report.ended, report.where = passed, failed, ended, where",
  'if not ended then report.why = type(why) == "table" and (rawget(why, "message") or "a table") or tostring(why) end',
  "return report end }",
].join("\n");

async function play(host, file) {
  const answer = await host.fire("suite", file, {}, { signal: AbortSignal.timeout(300_000) });
  if (answer.status === 200) return answer.json.response;
  const run = answer.json?.runId ? await host.getRun(answer.json.runId) : {};
  return { passed: 0, failed: [], ended: false, why: `${answer.status} ${JSON.stringify(run.error ?? answer.json)}` };
}

const lineCount = (files, reason) =>
  files.flatMap((file) => excluded[file]).reduce((sum, [from, to, , why]) => sum + (why === reason ? to - from + 1 : 0), 0);

async function main(files) {
  const parts = Object.fromEntries(files.map((file) => [file, cut(file)]));
  const scripts = Object.fromEntries(files.map((file) => [`suite/${file}.lua`, Buffer.from(before + parts[file].source + after, "latin1")]));
  const host = await startHost({ scripts, args: ["--limits-cpu", "60s", "--limits-memory", "64MB", "--runners", "1"] });
  let bad = 0;
  let sum = 0;
  for (const file of files) {
    const { passed, failed, ended, why, where } = await play(host, file);
    const { gone, total, missing } = parts[file];
    const lines = Object.values(failed ?? []);
    console.log(`${file.padEnd(12)} ${String(passed).padStart(7)} passed, ${gone} of ${total} lines excluded`);
    if (!ended) console.log(`  did not end: ${why}, line ${where}`);
    if (!ended && lines.length) console.log(`  failed (or meant to) at line ${[...new Set(lines)].join("; ")}`);
    if (missing.length) console.log(`  excluded, but not in this release: ${missing.join(", ")}`);
    sum += passed;
    bad += !ended || missing.length > 0;
  }
  console.log(`${sum} assertions passed in ${files.length} files, ${bad} of the files failed`);
  if (process.argv.includes("--why")) {
    for (const [key, why] of Object.entries(reasons)) console.log(`  ${lineCount(files, key)} lines: ${why}`);
    for (const [file, why] of Object.entries(whole)) console.log(`  ${file}.lua: ${why}`);
  }
  await host.done();
  process.exitCode = bad ? 1 : 0;
}

if (process.argv[2] === "--hash") {
  const [file, from, to] = process.argv.slice(3);
  const lines = read(file).slice(from - 1, to);
  console.log(`    [${from}, ${to}, "${hash(lines)}", ""],`);
} else {
  const chosen = process.argv.slice(2).filter((word) => word !== "--why");
  await main(chosen.length ? chosen : Object.keys(excluded));
}
