// SPDX-License-Identifier: MIT
// The command line against a real host: trigger, runs, key, and what they say when something is wrong.
import { after, test } from "node:test";
import assert from "node:assert/strict";
import fs from "node:fs/promises";
import path from "node:path";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { binary, cli, startHost } from "./host.mjs";
import { gateServer } from "./servers.mjs";

const host = await startHost({
  scripts: {
    "shop/echo.lua": `return trigger { id = "scenario_1", run = function(event) return { got = event.body } end }`,
    "shop/steps.lua": `
return trigger {
  run = function(event, flow)
    flow.log("first\\27[31m", { id = 7 })
    return flow.step("add", function() return 1 + 1 end)
  end,
}`,
    "shop/fails.lua": `return trigger { run = function(event, flow) flow.fail("no stock", "stock.empty") end }`,
    "shop/picky.lua": `return trigger { filter = { { "amount", "<", 100 } }, run = function() return 1 end }`,
    "shop/sleeps.lua": `return trigger { run = function(event, flow) flow.sleep("1h") end }`,
    "shop/brief.lua": `return trigger { wait = "50ms", run = function(event, flow) flow.sleep("1h") end }`,
    "shop/async.lua": `return trigger { wait = false, run = function() return 1 end }`,
  },
});
after(() => host.done());

const run = (...args) => host.cli(args);
const start = (args, at) => spawn(binary(), args, { env: { ...process.env, MOONTIDE_URL: at.url, MOONTIDE_KEY: at.key }, stdio: ["ignore", "pipe", "inherit"] });
const json = (result) => JSON.parse(result.stdout);
const keyCommand = (...args) => cli(["key", ...args, "--data", host.data]);

test("trigger prints the answer as indented JSON", async () => {
  const done = await run("trigger", "shop/echo", "--data", '{"a":[1,{"b":"é"}],"e":{}}');
  assert.equal(done.code, 0, done.stderr);
  assert.equal(done.stderr, "");
  const { runId, sessionId, status, response } = json(done);
  assert.match(runId, /^run_/);
  assert.match(sessionId, /^ses_/);
  assert.equal(status, "completed");
  assert.deepEqual(response, { got: { a: [1, { b: "é" }], e: {} } });
  assert.match(done.stdout, /^\{\n {2}"runId": "run_/);
  assert.match(done.stdout, /\n {6}"a": \[\n {8}1,\n/);
  assert.ok(done.stdout.endsWith("\n}\n"));
});

test("trigger --json prints one line", async () => {
  const done = await run("trigger", "shop/echo", "--data={}", "--json");
  assert.equal(done.stdout.split("\n").length, 2);
  assert.equal(json(done).status, "completed");
});

test("trigger reads its data from a file and from standard input", async () => {
  const file = path.join(host.folder, "body.json");
  await fs.writeFile(file, '{"from":"file"}\n');
  assert.deepEqual(json(await run("trigger", "shop/echo", "--data", `@${file}`)).response.got, { from: "file" });
  const piped = await host.cli(["trigger", "shop/echo", "--data", "-"], { input: '{"from":"stdin"}' });
  assert.deepEqual(json(piped).response.got, { from: "stdin" });
});

test("trigger finds a trigger by its id", async () => {
  assert.deepEqual(json(await run("trigger", "scenario_1", "--data", '{"n":1}')).response, { got: { n: 1 } });
  const unknown = await run("trigger", "scenario_2");
  assert.equal(unknown.code, 1);
  assert.match(unknown.stderr, /no trigger that this key may see has the id "scenario_2"/);
});

test("trigger --follow prints each record once, in order, then the result", async () => {
  const done = await run("trigger", "shop/steps", "--data", "{}", "--follow");
  assert.equal(done.code, 0, done.stderr);
  const end = done.stdout.indexOf("\n{\n");
  const lines = done.stdout.slice(0, end).split("\n");
  const result = JSON.parse(done.stdout.slice(end));
  const types = (await host.events(result.runId)).map((record) => record.type);
  assert.deepEqual(lines.map((line) => line.split(/ {2,}/)[1]), types);
  for (const line of lines) assert.match(line, /^\d\d:\d\d:\d\d\.\d{3} {2}\S/);
  assert.ok(lines.find((line) => line.includes("step.completed")).includes("#1 step add"));
  assert.ok(!done.stdout.includes("\x1b"), "no control character of a script reaches the terminal");
  assert.equal(result.status, "completed");
  assert.equal(result.result, 2);
});

test("trigger --follow --json prints the records as they are, one a line, and nothing else", async () => {
  const done = await run("trigger", "shop/steps", "--follow", "--json");
  const records = done.stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(records.map((record) => record.seq), records.map((_, index) => index + 1));
  assert.equal(records.at(-1).type, "run.completed");
  assert.deepEqual(records, await host.events(records[0].run));
});

test("a failed run is exit status 1, waited for or followed", async () => {
  const waited = await run("trigger", "shop/fails");
  assert.equal(waited.code, 1);
  assert.equal(json(waited).code, "run_failed");
  assert.match(waited.stderr, /^moontide trigger: 500 run_failed: /);
  const followed = await run("trigger", "shop/fails", "--follow", "--json");
  assert.equal(followed.code, 1);
  assert.match(followed.stdout, /"type":"run\.failed".*stock\.empty/);
  const native = await run("trigger", "shop/fails", "--wait", "30");
  assert.equal(native.code, 1);
  assert.equal(json(native).code, "run_failed");
});

test("a refused request is exit status 1; the answer is printed and explained", async () => {
  const filtered = await run("trigger", "shop/picky", "--data", '{"amount":100}');
  assert.equal(filtered.code, 1);
  assert.equal(json(filtered).code, "filtered");
  assert.match(filtered.stderr, /^moontide trigger: 400 filtered: /);
  const absent = await run("trigger", "shop/none");
  assert.equal(absent.code, 1);
  assert.match(absent.stderr, /^moontide trigger: 404 not_found: /);
});

test("a run that is not done in time is named, with how to follow it", async () => {
  const late = await run("trigger", "shop/brief");
  assert.equal(late.code, 1);
  assert.match(late.stderr, new RegExp(`408 wait_timeout.*\n.*moontide runs follow ${json(late).runId}\n`));
  const waited = await run("trigger", "shop/sleeps", "--wait", "1");
  assert.equal(waited.code, 0, waited.stderr);
  assert.match(waited.stderr, new RegExp(`the run goes on; moontide runs follow ${json(waited).runId}\n`));
  const accepted = await run("trigger", "shop/sleeps", "--wait=0");
  assert.equal(accepted.code, 0);
  for (const { runId } of [json(late), json(waited), json(accepted)]) assert.equal((await run("runs", "cancel", runId)).code, 0);
});

test("what is called wrongly is exit status 2, says what would be right, and sends nothing", async () => {
  const cases = [
    [["trigger"], /say one trigger/],
    [["trigger", "shop/echo", "shop/echo"], /say one trigger/],
    [["trigger", "shop/echo", "--dta", "{}"], /unknown option --dta, did you mean --data\?/],
    [["trigger", "shop/echo", "--data"], /--data needs a value/],
    [["trigger", "shop/echo", "--data", '{"a":1,"a":2}'], /--data, its value: byte 7: name "a" is repeated/],
    [["trigger", "shop/echo", "--data", "@no-such-file"], /--data, no-such-file: opening: No such file/],
    [["trigger", "shop/echo", "--wait", "soon"], /--wait wants a whole number from 0 to 300/],
    [["trigger", "shop/echo", "--follow=yes"], /--follow takes no value/],
    [["runs"], /say what to do: list, show, follow or cancel/],
    [["runs", "lsit"], /"lsit" is not known, did you mean list\?/],
    [["runs", "show"], /show takes the id of one run/],
    [["runs", "show", "../keys"], /"\.\.\/keys" is no run id/],
    [["runs", "list", "--status", "runing"], /did you mean running\?/],
    [["runs", "list", "--limit", "201"], /--limit wants a whole number from 1 to 200/],
    [["runs", "list", "--trigger", "x"], /--trigger needs --project/],
  ];
  for (const [args, text] of cases) {
    const wrong = await run(...args);
    assert.equal(wrong.code, 2, args.join(" "));
    assert.match(wrong.stderr, text);
    assert.match(wrong.stderr, new RegExp(`\`moontide ${args[0]} --help\` says what there is`));
    assert.equal(wrong.stdout, "");
  }
  const bad = await run("trigger", "shop/a b");
  assert.match(bad.stderr, /"shop\/a b" is no PROJECT\/KEY: both are 1 to 64 letters, digits, _ or -/);
});

test("the environment is checked before anything is sent", async () => {
  const none = await host.cli(["runs", "list"], { env: { MOONTIDE_KEY: "" } });
  assert.equal(none.code, 1);
  assert.match(none.stderr, /MOONTIDE_KEY is not set.*moontide key create/);
  const odd = await host.cli(["runs", "list"], { env: { MOONTIDE_KEY: "sesame\r\nx: y" } });
  assert.match(odd.stderr, /MOONTIDE_KEY holds no API key/);
  assert.ok(!odd.stderr.includes("sesame"));
  const token = await host.cli(["runs", "list"], { env: { MOONTIDE_KEY: `eyJ${"x".repeat(300)}.y.z` } });
  assert.match(token.stderr, /MOONTIDE_KEY holds no API key.* a JWT is none\)/);
  const unknown = await host.cli(["runs", "list"], { env: { MOONTIDE_KEY: `mt_${"x".repeat(43)}` } });
  assert.equal(unknown.code, 1);
  assert.match(unknown.stderr, /401 unauthorized/);
  const url = await host.cli(["runs", "list"], { env: { MOONTIDE_URL: "localhost:8080" } });
  assert.match(url.stderr, /MOONTIDE_URL is "localhost:8080"; it must start with http/);
  const nobody = await host.cli(["runs", "list"], { env: { MOONTIDE_URL: "http://127.0.0.1:1/" } });
  assert.equal(nobody.code, 1);
  assert.equal(nobody.stderr, "moontide runs: cannot connect to http://127.0.0.1:1: is `moontide serve` running there?\n");
});

test("runs list shows the newest first, by filters and in pages", async () => {
  const fired = [];
  for (let i = 0; i < 3; i++) fired.unshift((await host.fire("shop", "async", { i })).json.runId);
  await Promise.all(fired.map((id) => host.waitRun(id)));
  const filter = ["--project", "shop", "--trigger", "async"];

  const all = json(await run("runs", "list", ...filter, "--json"));
  assert.deepEqual(all.items.map((item) => item.runId), fired);
  assert.equal(all.next, null);

  const table = await run("runs", "list", ...filter, "--status", "completed");
  const rows = table.stdout.trimEnd().split("\n").map((line) => line.split(/ {2,}/));
  assert.deepEqual(rows[0].slice(0, 3), ["RUN", "STATUS", "TRIGGER"]);
  assert.deepEqual(rows.slice(1).map((row) => row.slice(0, 3)), fired.map((id) => [id, "completed", "shop/async"]));

  const first = await run("runs", "list", ...filter, "--limit", "2");
  const [, before] = /older ones: --before (\S+)\n/.exec(first.stderr);
  const second = json(await run("runs", "list", ...filter, "--json", "--before", before));
  assert.deepEqual(second.items.map((item) => item.runId), fired.slice(2));

  const none = await run("runs", "list", ...filter, "--status", "failed");
  assert.deepEqual([none.code, none.stdout, none.stderr], [0, "", "moontide: no such runs\n"]);
});

test("runs show, follow and cancel", async () => {
  const { runId } = (await host.fireAsync("shop", "sleeps", {})).json;
  assert.equal(json(await run("runs", "show", runId)).runId, runId);

  const following = run("runs", "follow", runId, "--json");
  const cancelled = await run("runs", "cancel", runId);
  assert.equal(cancelled.code, 0, cancelled.stderr);
  const followed = await following;
  assert.equal(followed.code, 1, "a cancelled run did not complete");
  assert.equal(JSON.parse(followed.stdout.trimEnd().split("\n").at(-1)).type, "run.cancelled");

  const { runId: done } = (await host.fire("shop", "steps", {})).json;
  const rest = await run("runs", "follow", done, "--after", "2", "--json");
  assert.equal(rest.code, 0);
  assert.equal(JSON.parse(rest.stdout.split("\n")[0]).seq, 3);

  const unknown = await run("runs", "show", "run_00000000000000000000000000");
  assert.equal(unknown.code, 1);
  assert.match(unknown.stderr, /^moontide runs: 404 /);
});

test("a followed run survives the restart of the host; no record is lost or doubled", async (t) => {
  const gate = await gateServer();
  t.after(gate.close);
  const own = await startHost({
    t,
    args: ["--egress-allow", gate.address],
    scripts: { "a/gated.lua": `
local http = require "http"
return trigger {
  run = function(event, flow)
    flow.step("one", function() return 1 end)
    http.get("${gate.url}")
    return flow.step("two", function() return 2 end)
  end,
}` },
  });
  const { runId } = (await own.fireAsync("a", "gated", {})).json;
  await gate.next(); // the run stands here
  const following = start(["runs", "follow", runId, "--json"], own);
  const seen = [];
  for await (const line of createInterface({ input: following.stdout })) {
    seen.push(JSON.parse(line));
    if (seen.at(-1).step?.name !== "one" || seen.at(-1).type !== "step.completed") continue;
    await own.kill();
    await own.restart();
    (await gate.next()).answer({});
  }
  const [code] = following.exitCode === null ? await once(following, "exit") : [following.exitCode];
  assert.equal(code, 0);
  assert.deepEqual(seen.map((record) => record.seq), seen.map((_, index) => index + 1));
  assert.equal(seen.at(-1).type, "run.completed");
});

test("a new key is alone on standard output and works as soon as the host says so; a revoked one no more", async () => {
  const added = host.nextLog(/"API key added".*name="ci"/);
  const made = await keyCommand("create", "--name", "ci", "--project", "shop", "--allow", "project.trigger,run.read");
  assert.equal(made.code, 0, made.stderr);
  assert.match(made.stdout, /^mt_[A-Za-z0-9_-]{43}\n$/);
  assert.ok(!made.stderr.includes(made.stdout.trim()), "the key is said once");
  const key = made.stdout.trim();
  await added;
  assert.equal((await host.fire("shop", "echo", {}, { key })).status, 200);
  assert.equal((await host.fire("other", "echo", {}, { key })).status, 401);

  const listed = json(await keyCommand("list", "--json")).items.find((item) => item.name === "ci");
  assert.deepEqual([listed.permissions, listed.projects, listed.revokedAt], [["project.trigger", "run.read"], ["shop"], null]);
  assert.ok(!(await keyCommand("list")).stdout.includes(key));

  const gone = host.nextLog(/"API key revoked".*name="ci"/);
  const revoked = await keyCommand("revoke", listed.id);
  assert.equal(revoked.code, 0, revoked.stderr);
  await gone;
  assert.equal((await host.fire("shop", "echo", {}, { key })).status, 401);
  assert.notEqual(json(await keyCommand("list", "--json")).items.find((item) => item.id === listed.id).revokedAt, null);
});

test("keys of one name are revoked together", async () => {
  for (let i = 0; i < 2; i++) await keyCommand("create", "--name", "twins", "--allow", "*");
  const revoked = await keyCommand("revoke", "--name", "twins");
  assert.match(revoked.stderr, /revoked 2 keys/);
  assert.equal((await keyCommand("revoke", "--name", "twins")).code, 1);
});

test("key says what is wrong and makes nothing", async () => {
  const cases = [
    [["create", "--allow", "*"], 2, /say what the key is for: --name/],
    [["create", "--name", "x"], 2, /say what the key may do: --allow/],
    [["create", "--name", "x", "--allow", "run.raed"], 2, /"run\.raed" is no permission, did you mean run\.read\?/],
    [["create", "--name", "x", "--allow", "*", "--project", "a b"], 2, /"a b": a project is 1 to 64 letters/],
    [["create", "--name", "x", "--allow", "*", "--project", "*"], 2, /for all projects leave --project out/],
    [["create", "--name", "x", "--allow", "*", "--project", "a", "--default-project", "b"], 2, /"b" is not among the key's projects/],
    [["revoke"], 2, /revoke wants the id of a key, or --name/],
    [["revoke", "key_none"], 1, /there is no key key_none/],
    [["rovoke", "x"], 2, /did you mean revoke\?/],
  ];
  const before = (await keyCommand("list", "--json")).stdout;
  for (const [args, code, text] of cases) {
    const wrong = await keyCommand(...args);
    assert.equal(wrong.code, code, args.join(" "));
    assert.match(wrong.stderr, text);
    assert.equal(wrong.stdout, "");
  }
  assert.equal((await keyCommand("list", "--json")).stdout, before);
  const nowhere = await cli(["key", "list", "--data", path.join(host.folder, "nowhere")]);
  assert.equal(nowhere.code, 1);
  assert.match(nowhere.stderr, /data folder ".*nowhere"/);
});

test("every command has help that names its options, environment and exit status", async () => {
  const wanted = {
    trigger: ["--data", "--follow", "--wait", "--json", "MOONTIDE_URL", "MOONTIDE_KEY", "exit status"],
    runs: ["list", "show", "follow", "cancel", "--project", "--status", "--limit", "--before", "--after", "MOONTIDE_URL", "exit status"],
    key: ["create", "list", "revoke", "--name", "--allow", "--project", "--default-project", "--data", "project.trigger", "secret.manage", "exit status"],
    serve: ["--scripts", "--data", "--listen", "--runners", "MOONTIDE_", "exit status"],
    check: ["usage: moontide check", "--scripts", "MOONTIDE_SCRIPTS", "SCRIPTS/PROJECT", "lib/mail.lua", "exit status"],
  };
  const top = await cli(["--help"]);
  for (const [command, words] of Object.entries(wanted)) {
    assert.match(top.stdout, new RegExp(`^ +${command} `, "m"));
    const help = await cli([command, "--help"]);
    assert.equal(help.code, 0);
    assert.equal(help.stderr, "");
    for (const word of words) assert.ok(help.stdout.includes(word), `${command} --help names ${word}`);
    for (const line of help.stdout.split("\n")) assert.ok(line.length <= 120, line);
  }
  const unknown = await cli(["triger"]);
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /did you mean "trigger"\?/);
});
