// SPDX-License-Identifier: MIT
// What the README shows is what the host does.
import { test } from "node:test";
import assert from "node:assert/strict";
import fs from "node:fs/promises";
import { cli, startHost } from "./host.mjs";

const readme = await fs.readFile(new URL("../../README.md", import.meta.url), "utf8");
const block = (language) => new RegExp("```" + language + "\\n([^]*?)```").exec(readme)[1];

test("the first trigger passes the check and its command line works", async (t) => {
  const host = await startHost({ t, scripts: { "shop/order.lua": block("lua") } });
  const checked = await cli(["check", "--scripts", host.scripts]);
  assert.equal(checked.code, 0, checked.stdout + checked.stderr);

  const [, address, data] = /moontide trigger (\S+) --data '(.*)' --follow/.exec(readme);
  const fired = await host.cli(["trigger", address, "--data", data, "--follow"]);
  assert.equal(fired.code, 0, fired.stderr);
  assert.match(fired.stdout, /"result": \{\n {4}"item": "teapot",\n {4}"price": 40\n/);

  const [, where, body] = /127\.0\.0\.1:8080(\/api\/\S+) -H "x-api-key: \$MOONTIDE_KEY" --json '(.*)'/.exec(readme);
  const answer = await host.request("POST", where, { body });
  assert.deepEqual(answer.json.response, { item: "kettle", price: 20 });
  assert.equal((await host.request("POST", where, { body })).json.code, "duplicate");
});

test("each option that the README names exists", async () => {
  const { stdout } = await cli(["serve", "--help"]);
  for (const [, option] of readme.matchAll(/`(--(?!help)[a-z-]+)`/g)) assert.ok(stdout.includes(`${option} `), option);
});
