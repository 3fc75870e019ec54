// SPDX-License-Identifier: MIT
// The code that GET /v1/triggers/{project}/{key}/snippets gives, run as it is where its runtime is on this machine.
import { after, test } from "node:test";
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { binary, startHost } from "./host.mjs";

// Field names and values with everything that a language might trip over.
const host = await startHost({
  scripts: {
    "snip/echo.lua": String.raw`return trigger {
  input = {
    ["it's \"odd\" \\ ${"`"}x${"`"} $HOME #{1} é </script>"] = { type = "string", enum = { "a'b\"c\\d${"`"}e\n\t$PATH %s {{KEY}} \u{1F600}</script><!-- \u{2028}\u{85} */ -- # '''\"\"\" <?php ?> <<EOF" } },
    count = { type = "integer", min = 2 }, flags = { type = "array", items = "boolean", min = 2 },
    address = { type = "object", fields = { city = "string" } },
  },
  run = function(event) return event.body end }`,
    "snip/plain.lua": `return trigger { run = function(event) return { got = event.body } end }`,
    "snip/wide.lua": String.raw`return trigger {
  input = { id = { type = "integer", enum = { 9007199254740993 } }, text = { type = "string", enum = { "it's \"\n${"`"}$" .. "{1}</script>" } } },
  run = function(event) return { id = tostring(event.body.id), text = event.body.text } end }`,
    "snip/defaults.lua": `return trigger { defaults = { tone = "kind" }, run = function(event) return event.body end }`,
  },
});
after(() => host.done());

const snippets = (query = "", where = "snip/echo", options) => host.request("GET", `/v1/triggers/${where}/snippets${query}`, options);
const items = (await snippets()).json.items;
const ODD = "it's \"odd\" \\ `x` $HOME #{1} é </script>";
const BODY = { [ODD]: "a'b\"c\\d`e\n\t$PATH %s {{KEY}} 😀</script><!-- \u2028\u0085 */ -- # '''\"\"\" <?php ?> <<EOF", count: 2, flags: [true, true], address: { city: "city" } };

const folder = await fs.mkdtemp(path.join(os.tmpdir(), "moontide-snippets-"));
after(() => fs.rm(folder, { recursive: true }));
await fs.symlink(path.resolve(binary()), path.join(folder, "moontide"));

const RUN = {
  node: { file: "run.mjs", command: ["node", "run.mjs"] },
  python: { file: "run.py", command: ["python3", "run.py"] },
  curl: { file: "curl.sh", command: ["sh", "curl.sh"], needs: "curl" },
  php: { file: "run.php", command: ["php", "run.php"] },
  ruby: { file: "run.rb", command: ["ruby", "run.rb"] },
  go: { file: "run.go", command: ["go", "run", "run.go"] },
  csharp: { file: "Program.cs", command: ["dotnet", "run"], project: true },
  moontide: { file: "moontide.sh", command: ["sh", "moontide.sh"], needs: "sh" },
};
const VERSION = { go: "version", dotnet: "--version" };
const missing = (name) => spawnSync(name, [VERSION[name] ?? "--version"]).error !== undefined && name !== "sh";

async function run(lang, code, key) {
  const { file, command, project } = RUN[lang];
  await fs.writeFile(path.join(folder, file), code);
  if (project)
    await fs.writeFile(path.join(folder, "run.csproj"), `<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><OutputType>Exe</OutputType>` +
      `<TargetFramework>net8.0</TargetFramework></PropertyGroup></Project>`);
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}`, HTTP_PROXY: "", http_proxy: "", no_proxy: "*", MOONTIDE_KEY: key };
  const child = spawn(command[0], command.slice(1), { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  const [out, err] = [[], []];
  child.stdout.on("data", (part) => out.push(part));
  child.stderr.on("data", (part) => err.push(part));
  const [status] = await once(child, "close");
  return { status, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() };
}

test("there is one for each language, with the key read from the environment", () => {
  assert.deepEqual(items.map((s) => s.lang), Object.keys(RUN));
  for (const { lang, code, title } of items) {
    assert.ok(title && code.includes("MOONTIDE_KEY") && !code.includes(host.key), lang);
    assert.ok(!/\{\{[A-Z]+\}\}/.test(code.replaceAll("{{KEY}} 😀", "")), `${lang}: ${code}`);
  }
});

for (const lang of Object.keys(RUN)) {
  const { command, needs } = RUN[lang];
  const skip = missing(needs ?? command[0]) ? `${needs ?? command[0]} is not on this machine: this snippet is not run` : false;
  test(`${lang}: runs as it is and sends the body that the schema asks for`, { skip }, async () => {
    const { code } = items.find((s) => s.lang === lang);
    const good = await run(lang, code, host.key);
    assert.equal(good.status, 0, `${good.stderr}\n${code}`);
    const answer = JSON.parse(good.stdout);
    assert.deepEqual([answer.status, answer.result ?? answer.response], ["completed", BODY]);
    const bad = await run(lang, code, "mt_wrong");
    assert.notEqual(bad.status, 0, "a refusal is not a success");
    const literal = await snippets(`?lang=${lang}&literal=1`);
    assert.ok(literal.text.includes(host.key));
    assert.equal((await run(lang, literal.text, "")).status, 0, literal.text);
  });
}

for (const lang of ["node", "python", "moontide"]) {
  const skip = missing(RUN[lang].needs ?? RUN[lang].command[0]) ? "not on this machine" : false;
  test(`${lang}: an integer that a double would round is sent digit by digit`, { skip }, async () => {
    const { text } = await snippets(`?lang=${lang}`, "snip/wide");
    const sent = await run(lang, text, host.key);
    assert.equal(sent.status, 0, `${sent.stderr}\n${text}`);
    const answer = JSON.parse(sent.stdout);
    assert.deepEqual(answer.result ?? answer.response, { id: "9007199254740993", text: "it's \"\n`${1}</script>" });
  });
}

test("no snippet can end a page's script, and C#'s text, which is run where dotnet is, is one raw literal that holds the body", () => {
  for (const { lang, code } of items) assert.ok(!/<\/script|<!--/i.test(code), lang);
  const parts = items.find((s) => s.lang === "csharp").code.split('"""');
  assert.equal(parts.length, 3);
  assert.deepEqual(JSON.parse(parts[1]), BODY);
});

test("lang gives one as plain text; its body falls back to the defaults, then to nothing", async () => {
  const one = await snippets("?lang=curl");
  assert.match(one.headers["content-type"], /^text\/plain/);
  assert.equal(one.text, items.find((s) => s.lang === "curl").code);
  assert.match((await snippets("?lang=curl", "snip/defaults")).text, /-d '\{"tone":"kind"\}'/);
  assert.match((await snippets("?lang=curl", "snip/plain")).text, /-d '\{\}'/);
});

test("what is wrong is named", async () => {
  for (const query of ["?lang=cobol", "?lang=", "?lang=curl&lang=php"]) assert.equal((await snippets(query)).json.field, "lang", query);
  assert.equal((await snippets("?literal=yes")).json.field, "literal");
  assert.equal((await snippets("", "snip/none")).status, 404);
  const key = await host.newKey("elsewhere", "--allow", "*", "--project", "other");
  assert.equal((await snippets("", "snip/echo", { key })).status, 404);
  assert.equal((await snippets("", "snip/echo", { key: null })).status, 401);
});

test("nothing that is sent gets into the code but a plain address and a plain key", async () => {
  const { text } = await snippets("?lang=curl", "snip/echo", { headers: { host: "x';id;'" } });
  assert.ok(!text.includes(";id;"));
  const added = host.nextLog(/"API key added".*name="quoted"/);
  await host.cli(["key", "create", "--data", host.data, "--name", "quoted", "--allow", "*", "--secret-stdin"], { input: "abc';id;'defghijklm\n" });
  await added;
  const refused = await snippets("?lang=curl&literal=1", "snip/echo", { key: "abc';id;'defghijklm" });
  assert.deepEqual([refused.status, refused.json.field], [400, "literal"]);
});
