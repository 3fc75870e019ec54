// SPDX-License-Identifier: MIT
// What is unique: a key in its project, or in the host where trigger_keys says so; a name in its project; an id in the host. Whoever comes
// second does not load, and its error names both files.
import { test } from "node:test";
import assert from "node:assert/strict";
import { startHost } from "./host.mjs";

const script = (fields = "") => `return trigger {\n  ${fields}\n  run = function() return 1 end }`;
const error = async (host, project, key) => (await host.request("GET", `/v1/triggers/${project}/${key}`)).json.error;

// Saves a file and resolves with what the log says of it.
async function save(host, name, content) {
  const where = name.replace(".lua", "").replace("/", "\\/");
  const said = host.nextLog(new RegExp(`(loaded|replaced|deleted)" trigger=${where}|error ${where}\\.lua`));
  await host.write(name, content);
  return said;
}

test("keys are unique per project, caseless: another project may have the same", async (t) => {
  const host = await startHost({ t, scripts: { "a/refund.lua": script(`name = "A",`), "b/refund.lua": script(`name = "A",`) } });
  for (const project of ["a", "b"]) assert.equal((await host.fire(project, "ReFund", {})).status, 200);
  const clash = host.nextLog(/error a\/refund\.lua:1: its key is that of a\/REFUND\.lua, which comes first: case does not count/);
  await host.write("a/REFUND.lua", script(`name = "B",`));
  await clash;
});

test("of two files that are one key the first by bytes serves; the other is an error until it goes", async (t) => {
  const answering = (value) => `return trigger { run = function() return "${value}" end }`;
  const host = await startHost({ t, scripts: { "a/Foo.lua": answering("first"), "a/fOO.lua": answering("second") } });
  const wrong = "a/fOO.lua:1: its key is that of a/Foo.lua, which comes first: case does not count, rename one of them";
  const shown = async () => {
    const list = await host.request("GET", "/v1/triggers");
    return list.json.items.map(({ key, status, error: text }) => [key, status, text]);
  };
  assert.deepEqual(await shown(), [["Foo", "serving", wrong]]);
  assert.ok(host.log.some((line) => line.includes(`error ${wrong}`)));
  for (const key of ["foo", "Foo", "fOO"]) assert.equal((await host.fire("a", key, {})).json.response, "first");

  const check = await host.cli(["check", host.scripts]);
  assert.deepEqual([check.code, check.stdout], [1, `${host.scripts}/a/Foo.lua: ok\n${host.scripts}/${wrong}\n1 ok, 1 broken\n`]);

  await save(host, "a/FOO.lua", answering("now first")); // and two that do not serve
  const both = ["Foo", "fOO"].map((key) => `a/${key}.lua:1: its key is that of a/FOO.lua, which comes first: case does not count, rename one of them`);
  assert.deepEqual(await shown(), [["FOO", "serving", both.join("\n")]]);
  assert.equal((await host.fire("a", "foo", {})).json.response, "now first");
  assert.equal((await host.cli(["check", host.scripts])).stdout.match(/its key is that of a\/FOO\.lua/g).length, 2);

  await host.remove("a/Foo.lua");
  const replaced = host.nextLog(/replaced" trigger=a\/fOO/);
  await host.remove("a/FOO.lua");
  await replaced;
  assert.deepEqual(await shown(), [["fOO", "serving", null]]);
  assert.equal((await host.fire("a", "foo", {})).json.response, "second");
});

test("with trigger_keys = host a key is taken in all projects; a file that goes sets it free", async (t) => {
  const host = await startHost({ t, args: ["--trigger-keys", "host"], scripts: { "a/refund.lua": script() } });
  assert.match(await save(host, "b/REFUND.lua", script()), /b\/REFUND\.lua:1: key "REFUND" is taken by a\/refund\.lua/);
  assert.match(await error(host, "b", "refund"), /b\/REFUND\.lua:1: .*a\/refund\.lua.*trigger_keys/);
  assert.equal((await host.fire("b", "refund", {})).status, 404);
  assert.match(await save(host, "b/other.lua", script()), /loaded/);
  const check = await host.cli(["check", host.scripts], { env: { MOONTIDE_TRIGGER_KEYS: "host" } });
  assert.equal(check.code, 1);
  assert.match(check.stdout, /key "(refund|REFUND)" is taken by (a\/refund|b\/REFUND)\.lua/);
  const freed = host.nextLog(/loaded" trigger=b\/REFUND/);
  await host.remove("a/refund.lua");
  await freed;
  assert.equal((await host.fire("b", "refund", {})).status, 200);
});

test("trigger_keys is project or host", async (t) => {
  const host = await startHost({ t, scripts: { "host.lua": `return { trigger_keys = "host" }`, "a/one.lua": script() } });
  assert.match(await save(host, "b/one.lua", script()), /key "one" is taken by a\/one\.lua/);
  const done = await host.cli(["serve", "--scripts", host.scripts, "--data", `${host.folder}/other`, "--trigger-keys", "everywhere"]);
  assert.notEqual(done.code, 0);
  assert.match(done.stderr, /--trigger-keys: project or host is needed/);
});

test("names are unique per project, trimmed and caseless; ids in the host", async (t) => {
  const host = await startHost({ t, scripts: { "a/one.lua": script(`name = "Refund Request", id = "wf-1",`) } });
  for (const name of ["Refund Request", "refund request", "  REFUND REQUEST\t"])
    assert.match(await save(host, "a/two.lua", script(`-- ${JSON.stringify(name)}\n  name = ${JSON.stringify(name)},`)), /error a\/two\.lua:3: name ".*" is taken by a\/one\.lua/i);
  assert.match(await error(host, "a", "two"), /a\/two\.lua:3: .*a\/one\.lua/);
  assert.match(await save(host, "b/two.lua", script(`name = "refund request",`)), /loaded/, "another project's");
  assert.match(await save(host, "b/three.lua", script(`id = "wf-1",`)), /error b\/three\.lua:2: id "wf-1" is taken by a\/one\.lua/);
  assert.match(await save(host, "b/three.lua", script(`id = "WF-1",`)), /loaded/, "ids are exact");
  assert.match(await save(host, "a/two.lua", script(`name = "Refund  Request",`)), /loaded/, "blanks inside count");
});
