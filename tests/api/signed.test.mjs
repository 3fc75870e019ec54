// SPDX-License-Identifier: MIT
// Triggers with `verify`, called with requests that the senders' own npm packages have signed.
import { after, test } from "node:test";
import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { createRequire } from "node:module";
import { sign as signGithub } from "@octokit/webhooks-methods";
import { Webhook as StandardWebhook } from "standardwebhooks";
import { Webhook as Svix } from "svix";
import Stripe from "stripe";
import { once } from "node:events";
import net from "node:net";
import { startHost } from "./host.mjs";

const { getExpectedTwilioSignature } = createRequire(import.meta.url)("twilio/lib/webhooks/webhooks.js");

const echo = (fields) => `return trigger { ${fields}, run = function(event)
  return { body = event.body, kind = event.kind, headers = event.headers }
end }`;
const SECRETS = {
  GITHUB_WEBHOOK_SECRET: "It's a Secret to Everybody",
  OLD_SECRET: "the one before",
  STRIPE_WEBHOOK_SECRET: "whsec_stripe_test",
  SLACK_WEBHOOK_SECRET: "8f742231b10e8888abcd99yyyzzz85a5",
  SHOPIFY_WEBHOOK_SECRET: "hush",
  GITLAB_WEBHOOK_SECRET: "a token",
  TWILIO_WEBHOOK_SECRET: "12345",
  STANDARD_WEBHOOK_SECRET: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  SVIX_WEBHOOK_SECRET: "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
  OWN_SECRET: "known to two",
};
const host = await startHost({
  scripts: {
    "w/github.lua": echo(`verify = "github", id = "w-github"`),
    "w/rotated.lua": echo(`verify = { preset = "github", secret = { "OLD_SECRET", "GITHUB_WEBHOOK_SECRET", "NOT_THERE" } }`),
    "w/unset.lua": echo(`verify = { preset = "github", secret = "NOT_THERE" }`),
    "w/stripe.lua": echo(`verify = "stripe"`),
    "w/slack.lua": echo(`verify = "slack"`),
    "w/shopify.lua": echo(`verify = "shopify"`),
    "w/gitlab.lua": echo(`verify = "gitlab"`),
    "w/twilio.lua": echo(`verify = "twilio"`),
    "w/standard.lua": echo(`verify = "standard"`),
    "w/svix.lua": echo(`verify = "svix"`),
    "w/own.lua": echo(`verify = { header = "X-Sig", secret = "OWN_SECRET", encoding = "base64", algorithm = "sha512", prefix = "v1=",
      timestamp_header = "X-Time", signed = "{timestamp}.{body}", delivery_header = "X-Id" }`),
    "w/small.lua": echo(`verify = "github", body = "1KB"`),
    "w/large.lua": `return trigger { verify = "github", body = "2MB", run = function(event) return #event.body.a end }`,
    "w/fails.lua": `return trigger { verify = "github", run = function(_, flow) flow.fail("no", "no.good") end }`,
    "w/plain.lua": echo(`name = "plain"`),
    "w/once.lua": echo(`verify = "github", unique = true`),
  },
});
after(() => host.done());

async function setSecrets() {
  const loaded = host.nextLog(new RegExp(`"secrets loaded" count=${Object.keys(SECRETS).length}\\b`));
  for (const [name, value] of Object.entries(SECRETS)) {
    const { code, stderr } = await host.cli(["secret", "set", name, "--verify", "--data", host.data], { input: value });
    assert.equal(code, 0, stderr);
  }
  await loaded;
}
await setSecrets();

const post = (trigger, body, headers = {}, options = {}) => host.fire("w", trigger, body, { key: null, headers, ...options });
const github = async (body, id) => ({
  "x-hub-signature-256": await signGithub(SECRETS.GITHUB_WEBHOOK_SECRET, body),
  ...(id && { "x-github-delivery": id }),
});
const now = () => Math.floor(Date.now() / 1000);
const hmac = (algorithm, key, text, encoding) => createHmac(algorithm, key).update(text).digest(encoding);
const ran = (answer) => {
  assert.equal(answer.status, 200, answer.text);
  return answer.json.response;
};
// What a stranger sees: all of it but what names the request.
const seen = ({ status, headers: { date, "x-request-id": id, ...headers }, text }) => ({ status, headers, text });
const wrongKey = seen(await host.fire("w", "github", "{}", { key: "mt_wrong" }));
const refused = (answer) => assert.deepEqual(seen(answer), wrongKey);

test("github: a request signed by @octokit/webhooks-methods needs no key", async () => {
  const body = `{"zen": "Keep it logically awesome.",  "customer": {"a": {"b": 1}}, "language": 7}`;
  const { body: got, kind, headers } = ran(await post("github", body, await github(body, "d-1")));
  assert.deepEqual(got, JSON.parse(body)); // known fields mean nothing here
  assert.equal(kind, "webhook");
  assert.equal(headers["x-github-delivery"], "d-1");
});

test("whatever is wrong with a signature, the answer is that to a wrong key, byte for byte", async () => {
  const body = `{"a":1}`;
  const good = await github(body);
  const other = { "x-hub-signature-256": await signGithub("another", body) };
  assert.equal(wrongKey.status, 401);
  refused(await post("github", body)); // missing
  refused(await post("github", body, other)); // another secret
  refused(await post("github", `{"a": 1}`, good)); // another body
  refused(await post("github", "not json", good)); // before anything is parsed
  refused(await post("github", body, { "x-hub-signature-256": good["x-hub-signature-256"].slice(0, -1) }));
  refused(await post("github", body, { "x-hub-signature-256": "sha256=" }));
  refused(await post("github", undefined, good));
  refused(await post("unset", body, good)); // no secret of that name
  refused(await post("unknown", body, good)); // no such trigger
  refused(await post("plain", body, good)); // asks for a key
  refused(await host.fire("nowhere", "at-all", body, { key: null }));
  refused(await post("small", "x".repeat(2000)));
  refused(await post("unknown", "x".repeat((1 << 20) + 1)));
  refused(await post("plain", "x".repeat((1 << 20) + 1)));
  refused(await post("github", body, { ...good, "content-type": "text/plain", "x-hub-signature-256": "sha256=00" }));
});

// A head that asks whether to go on shows where the line is drawn, and when.
const whether = async (trigger, bytes, headers = "") => {
  const socket = net.connect(new URL(host.url).port, "127.0.0.1").setEncoding("latin1");
  socket.write(`POST /api/v1.0/project/w/trigger/${trigger} HTTP/1.1\r\nHost: x\r\n${headers}Content-Length: ${bytes}\r\nExpect: 100-continue\r\n\r\n`);
  const [head] = await once(socket, "data");
  socket.destroy();
  return head.slice(0, 12);
};

test("how large a body may be, and when it is refused, tells a stranger nothing", async () => {
  for (const trigger of ["github", "small", "large", "plain", "unset", "unknown"]) {
    for (const bytes of [2, 2000, (1 << 20) + 1, (2 << 20) + 1, 4 << 20])
      assert.equal(await whether(trigger, bytes), "HTTP/1.1 100", `${trigger} ${bytes}`);
    assert.equal(await whether(trigger, (4 << 20) + 1), "HTTP/1.1 401", trigger);
  }
  const key = `X-Api-Key: ${host.key}\r\n`; // who has one is told the trigger's own limit
  assert.equal(await whether("large", (1 << 20) + 1, key), "HTTP/1.1 100");
  assert.equal(await whether("small", 2000, key), "HTTP/1.1 413");
});

test("a key does not stand in for the signature, and a wrong key is not mended by one", async () => {
  const body = `{"a":1}`;
  refused(await host.fire("w", "github", body));
  refused(await host.fire("w", "github", body, { key: "mt_wrong", headers: await github(body) }));
  ran(await host.fire("w", "github", body, { headers: await github(body) }));
  const native = await host.request("POST", "/v1/projects/w/triggers/github/runs", { body });
  assert.equal(native.status, 401);
  const flow = (headers) => host.request("POST", "/api/v1/flow/w-github", { key: null, body, headers: { authorization: `Bearer ${host.key}`, ...headers } });
  assert.equal((await flow({})).status, 401);
  assert.equal((await flow(await github(body))).status, 200);
});

test("once the signature holds, errors are told as ever", async () => {
  assert.equal((await post("github", "{", await github("{"))).json.code, "malformed_json");
  assert.equal((await post("github", "[]", await github("[]"))).json.code, "invalid");
  const xml = await post("github", "{}", { ...(await github("{}")), "content-type": "text/xml" });
  assert.equal(xml.status, 415);
  const long = `{"a":"${"x".repeat(1500)}"}`;
  assert.equal((await post("small", long, await github(long))).status, 413);
  const large = `{"a":"${"x".repeat(1_200_000)}"}`;
  assert.equal(ran(await post("large", large, await github(large))), 1_200_000);
});

test("rotation: any of the secrets that exist will do", async () => {
  const body = `{"n":1}`;
  ran(await post("rotated", body, await github(body)));
  ran(await post("rotated", body, { "x-hub-signature-256": await signGithub(SECRETS.OLD_SECRET, body) }));
  refused(await post("rotated", body, { "x-hub-signature-256": await signGithub("NOT_THERE", body) }));
});

test("a delivery comes once: repeats, 20 at once too, get the first answer", async () => {
  const body = `{"n":2}`;
  const headers = await github(body, "d-2");
  const answers = await Promise.all(Array.from({ length: 20 }, () => post("github", body, headers)));
  assert.equal(new Set(answers.map((answer) => answer.text.replace(/"streamUrl":"[^"]*"/, ""))).size, 1);
  ran(answers[0]);
  assert.equal((await post("github", body, headers)).json.runId, answers[0].json.runId);
  assert.notEqual((await post("github", body, await github(body, "d-3"))).json.runId, answers[0].json.runId);
  assert.notEqual((await post("rotated", body, headers)).json.runId, answers[0].json.runId); // of another trigger
  const failed = await post("fails", body, headers);
  assert.equal(failed.status, 500);
  assert.equal((await post("fails", body, headers)).json.runId, failed.json.runId);
});

test("unique refuses the same body under another delivery id", async () => {
  const body = `{"n":4}`;
  ran(await post("once", body, await github(body, "d-4")));
  assert.equal((await post("once", body, await github(body, "d-5"))).json.code, "duplicate");
});

test("stripe: signed by the stripe package; an event's id is its delivery", async () => {
  const sign = (payload, timestamp = now()) =>
    Stripe.webhooks.generateTestHeaderString({ payload, secret: SECRETS.STRIPE_WEBHOOK_SECRET, timestamp });
  const event = (extra) => JSON.stringify({ id: "evt_1", type: "charge.succeeded", ...extra });
  const first = await post("stripe", event(), { "stripe-signature": sign(event()) });
  assert.deepEqual(ran(first).body, { id: "evt_1", type: "charge.succeeded" });
  const again = event({ pending_webhooks: 1 }); // Stripe changes this between its tries
  const second = await post("stripe", again, { "stripe-signature": sign(again) });
  assert.equal(second.json.runId, first.json.runId);
  refused(await post("stripe", event(), { "stripe-signature": sign(event(), now() - 310) }));
  refused(await post("stripe", event(), { "stripe-signature": sign(event(), now() + 320) }));
  refused(await post("stripe", event(), { "stripe-signature": sign(again) }));
});

test("standardwebhooks and svix", async () => {
  const body = `{"test": 2432232314}`;
  const standard = new StandardWebhook(SECRETS.STANDARD_WEBHOOK_SECRET);
  const svix = new Svix(SECRETS.SVIX_WEBHOOK_SECRET);
  const headers = (prefix, signer, id, at = new Date()) => ({
    [`${prefix}-id`]: id,
    [`${prefix}-timestamp`]: String(Math.floor(at / 1000)),
    [`${prefix}-signature`]: `v1,${"A".repeat(43)}= ${signer.sign(id, at, body)}`,
  });
  const first = await post("standard", body, headers("webhook", standard, "msg_1"));
  assert.deepEqual(ran(first).body, JSON.parse(body));
  const repeated = await post("standard", body, headers("webhook", standard, "msg_1", new Date(Date.now() - 5000)));
  assert.equal(repeated.json.runId, first.json.runId);
  refused(await post("standard", body, { ...headers("webhook", standard, "msg_1"), "webhook-id": "msg_2" }));
  refused(await post("standard", body, headers("webhook", standard, "msg_3", new Date(Date.now() - 310_000))));
  refused(await post("standard", body, headers("webhook", svix, "msg_4")));
  ran(await post("svix", body, headers("svix", svix, "msg_1")));
});

test("twilio: forms and JSON, signed by the twilio package for our own URL", async () => {
  const url = (query = "") => `${host.url}/api/v1.0/project/w/trigger/twilio${query}`;
  const fields = { To: "+18005551212", CallSid: "CA1", Digits: "12 34", Body: "ä+&=" };
  const form = { "content-type": "application/x-www-form-urlencoded" };
  const signed = (where, what) => ({ "x-twilio-signature": getExpectedTwilioSignature(SECRETS.TWILIO_WEBHOOK_SECRET, where, what) });
  const encoded = new URLSearchParams(fields).toString();
  assert.deepEqual(ran(await post("twilio", encoded, { ...form, ...signed(url(), fields) })).body, fields);
  refused(await post("twilio", `${encoded}&More=1`, { ...form, ...signed(url(), fields) }));
  const body = `{"a":1}`;
  const query = `?bodySHA256=${createHash("sha256").update(body).digest("hex")}`;
  const json = (what, headers) => host.request("POST", `/api/v1.0/project/w/trigger/twilio${query}`, { key: null, body: what, headers });
  assert.deepEqual(ran(await json(body, signed(url(query), {}))).body, { a: 1 });
  refused(await json(`{"a":2}`, signed(url(query), {})));
  refused(await post("twilio", body, signed(url(), {}))); // nothing signs the body
});

test("slack: events, forms and the challenge", async () => {
  const signed = (body, at = now()) => ({
    "x-slack-request-timestamp": String(at),
    "x-slack-signature": `v0=${hmac("sha256", SECRETS.SLACK_WEBHOOK_SECRET, `v0:${at}:${body}`, "hex")}`,
  });
  const form = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" };
  const command = "command=%2Fweather&text=94070+now&token=x";
  assert.deepEqual(ran(await post("slack", command, { ...form, ...signed(command) })).body, { command: "/weather", text: "94070 now", token: "x" });
  const question = JSON.stringify({ token: "x", type: "url_verification", challenge: `3eZb"Rw` });
  const answer = await post("slack", question, signed(question));
  assert.deepEqual([answer.status, answer.json], [200, { challenge: `3eZb"Rw` }]);
  refused(await post("slack", question));
  refused(await post("slack", question, signed(question, now() - 400)));
  const replay = signed(command);
  const first = await post("slack", command, { ...form, ...replay });
  assert.equal((await post("slack", command, { ...form, ...replay })).json.runId, first.json.runId);
  const twice = "a=1&a=2";
  assert.equal((await post("slack", twice, { ...form, ...signed(twice) })).json.code, "invalid");
});

test("a form is taken with a signature only", async () => {
  const form = { "content-type": "application/x-www-form-urlencoded" };
  assert.equal((await host.fire("w", "plain", "a=1", { headers: form })).status, 415);
});

test("shopify, gitlab and a table of one's own", async () => {
  const body = `{"total": "9.90", "customer": {"address": {"city": "Ulm"}}}`;
  const shopify = { "x-shopify-hmac-sha256": hmac("sha256", SECRETS.SHOPIFY_WEBHOOK_SECRET, body, "base64"), "x-shopify-webhook-id": "s-1" };
  const first = await post("shopify", body, shopify);
  assert.equal(ran(first).body.total, "9.90");
  assert.equal((await post("shopify", body, shopify)).json.runId, first.json.runId);
  const { headers } = ran(await post("gitlab", body, { "x-gitlab-token": SECRETS.GITLAB_WEBHOOK_SECRET }));
  assert.equal(headers["x-gitlab-token"], undefined); // a credential
  refused(await post("gitlab", body, { "x-gitlab-token": "another" }));
  const own = (at, id) => ({ "x-sig": `v1=${hmac("sha512", SECRETS.OWN_SECRET, `${at}.${body}`, "base64")}`, "x-time": String(at), "x-id": id });
  const mine = await post("own", body, own(now(), "o-1"));
  ran(mine);
  assert.equal((await post("own", body, own(now() - 1, "o-1"))).json.runId, mine.json.runId);
  refused(await post("own", body, own(now() - 310, "o-2")));
});

test("the log says which secret is missing, once, and never shows one", async () => {
  const missing = host.log.filter((line) => /there is no such secret/.test(line));
  assert.equal(missing.length, 1);
  assert.match(missing[0], /trigger=w\/unset secret=NOT_THERE/);
  for (const value of Object.values(SECRETS)) assert.ok(!host.log.some((line) => line.includes(value)), value);
});
