// SPDX-License-Identifier: MIT
// `moontide check`: what each kind of argument stands for, and that nothing found is never "0 ok".
import { test } from "node:test";
import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { cli } from "./host.mjs";

const good = "return trigger { run = function() return 1 end }\n";

// A folder with these files; check(...) runs in it, or in a folder below.
async function folderOf(t, files) {
  const root = await fs.mkdtemp(path.join(os.tmpdir(), "moontide-check-"));
  t.after(() => fs.rm(root, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    await fs.mkdir(path.dirname(path.join(root, name)), { recursive: true });
    if (content !== null) await fs.writeFile(path.join(root, name), content);
  }
  const check = async (args, below = ".") => {
    const { code, stdout, stderr } = await cli(["check", ...args], { cwd: path.join(root, below) });
    return { code, out: stdout, err: stderr };
  };
  return { root: await fs.realpath(root), check };
}

const tree = {
  "scripts/sales/order.lua": good,
  "scripts/sales/bad.lua": "return trigger { run = 1 }\n",
  "scripts/support/refund.lua": `local own = require "lib.own"\n${good}`,
  "scripts/support/lib/own.lua": `local mail = require "lib.mail"\nreturn {}\n`,
  "scripts/support/lib/broken.lua": "local x =\nreturn {\n",
  "scripts/lib/mail.lua": "return {}\n",
  "scripts/lib/lost.lua": `local m = require "lib.nobody"\nreturn {}\n`,
};

test("a scripts folder, a project, a file, and several of them", async (t) => {
  const { check } = await folderOf(t, tree);
  const all = await check([]);
  assert.equal(all.code, 1);
  assert.match(all.out, /^scripts\/sales\/bad\.lua:1: .*\nscripts\/sales\/order\.lua: ok\nscripts\/support\/refund\.lua: ok\n2 ok, 1 broken\n$/);
  assert.deepEqual(await check(["scripts"]), all);
  assert.deepEqual(await check(["--scripts", "scripts"]), all);
  assert.deepEqual(await check(["scripts/support"]), { code: 0, out: "scripts/support/refund.lua: ok\n1 ok, 0 broken\n", err: "" });
  assert.deepEqual(await check(["scripts/support/"]), await check(["scripts/support"]));
  assert.deepEqual(await check(["scripts/support", "scripts/sales/order.lua"]), {
    code: 0,
    out: "scripts/support/refund.lua: ok\nscripts/sales/order.lua: ok\n2 ok, 0 broken\n",
    err: "",
  });
  const sales = await check(["scripts/sales"]);
  assert.deepEqual([sales.code, sales.out.split("\n").slice(1).join("\n")], [1, "scripts/sales/order.lua: ok\n1 ok, 1 broken\n"]);
});

test("a module is checked with what it requires, shared or a project's", async (t) => {
  const { check } = await folderOf(t, tree);
  const rows = [
    ["scripts/lib/mail.lua", 0, "scripts/lib/mail.lua: ok\n1 ok, 0 broken\n"],
    ["scripts/support/lib/own.lua", 0, "scripts/support/lib/own.lua: ok\n1 ok, 0 broken\n"],
    ["scripts/support/lib/broken.lua", 1, /^scripts\/support\/lib\/broken\.lua:2: .*return.*\n0 ok, 1 broken\n$/],
    ["scripts/lib/lost.lua", 1, /^scripts\/lib\/lost\.lua:1: module "lib\.nobody" not found: .*\n0 ok, 1 broken\n$/],
    ["scripts/lib", 1, /^scripts\/lib\/lost\.lua:1: .*\nscripts\/lib\/mail\.lua: ok\n1 ok, 1 broken\n$/],
    ["scripts/support/lib", 1, /^scripts\/support\/lib\/broken\.lua:2: .*\nscripts\/support\/lib\/own\.lua: ok\n1 ok, 1 broken\n$/],
  ];
  for (const [word, code, out] of rows) {
    const said = await check([word]);
    assert.deepEqual([said.code, said.err], [code, ""], word);
    if (typeof out === "string") assert.equal(said.out, out);
    else assert.match(said.out, out);
  }
});

test("it may be called from within", async (t) => {
  const { root, check } = await folderOf(t, tree);
  const rows = [
    ["scripts/support", ".", `${root}/scripts/support/refund.lua: ok\n1 ok, 0 broken\n`],
    ["scripts/support", "refund.lua", `${root}/scripts/support/refund.lua: ok\n1 ok, 0 broken\n`],
    ["scripts/support", "lib/own.lua", `${root}/scripts/support/lib/own.lua: ok\n1 ok, 0 broken\n`],
    ["scripts/sales", "../support", "../support/refund.lua: ok\n1 ok, 0 broken\n"],
    ["scripts", "support", "./support/refund.lua: ok\n1 ok, 0 broken\n"],
    ["scripts", "lib/mail.lua", "./lib/mail.lua: ok\n1 ok, 0 broken\n"],
  ];
  for (const [below, word, out] of rows) assert.deepEqual(await check([word], below), { code: 0, out, err: "" }, word);
});

test("where nothing is found it says what it saw and what to do, and fails", async (t) => {
  const { check } = await folderOf(t, {
    "empty/x": null,
    "empty/.hidden.lua": good,
    "web/page/index.html": "",
    "web/readme.md": "",
    "scripts/stray.lua": good,
    "scripts/host.lua": "return {}\n",
    "scripts/a/my key.lua": good,
    "scripts/lib/x": null,
    "scripts/notes.txt": "",
  });
  const trigger = "a trigger is SCRIPTS/PROJECT/KEY.lua, so give the folder SCRIPTS, SCRIPTS/PROJECT or a file";
  const rows = [
    [["empty"], `no trigger is in empty: it holds 0 folders, 0 .lua files and 0 other files; ${trigger}`],
    [["web"], `no trigger is in web: it holds 1 folder, 0 .lua files and 1 other file; ${trigger}`],
    [[], `no trigger is in scripts: it holds 2 folders, 1 .lua file and 1 other file; ${trigger}`],
    [["scripts/a"], `no trigger is in scripts/a: it holds 0 folders, 1 .lua file and 0 other files; ${trigger}`],
    [["scripts/lib"], "no module is in scripts/lib: one is LIB/NAME.lua"],
    [["scripts/a/my key.lua"], "scripts/a/my key.lua is not a trigger: expected SCRIPTS/PROJECT/KEY.lua with names of a-z A-Z 0-9 _ -"],
    [["scripts/notes.txt"], "scripts/notes.txt is no Lua file: give SCRIPTS/PROJECT/KEY.lua, a module in a lib folder, or a folder"],
    [["scripts/host.lua"], "scripts/host.lua holds settings, no trigger: `moontide check` without an argument checks it with the scripts folder that it lies in"],
    [["nowhere"], "nowhere: No such file or directory"],
  ];
  for (const [args, why] of rows) {
    const said = await check(args);
    assert.deepEqual([said.code, said.out], [1, "0 ok, 1 broken\n"], args.join(" "));
    assert.equal(said.err.trimEnd().split("\n").at(-1), `moontide: ${why}`);
  }
  const all = await check([]);
  assert.match(all.err, /^moontide: scripts\/a\/my key\.lua is not a trigger: its name may have letters/m);
  assert.match(all.err, /^moontide: scripts\/stray\.lua is not a trigger: a trigger lies in the folder of its project$/m);
});

test("files that are one key are errors that name both", async (t) => {
  const { check } = await folderOf(t, { "scripts/p/Foo.lua": good, "scripts/p/fOO.lua": good });
  const wrong = "scripts/p/fOO.lua:1: its key is that of p/Foo.lua, which comes first: case does not count, rename one of them\n";
  const both = { code: 1, out: `scripts/p/Foo.lua: ok\n${wrong}1 ok, 1 broken\n`, err: "" };
  assert.deepEqual(await check([]), both);
  assert.deepEqual(await check(["scripts/p"]), both);
  assert.deepEqual(await check(["scripts/p/fOO.lua"]), { code: 1, out: `${wrong}0 ok, 1 broken\n`, err: "" });
});
