// SPDX-License-Identifier: MIT
// chromium.mjs - a real Chromium for a test, and web servers of other origins than the host's. Nothing here sleeps: it waits for
// states of the page, messages of its console and records of the journal.
import { once } from "node:events";
import http from "node:http";
import { chromium } from "playwright-core";

const WAIT_MS = 30_000; // a machine that does other work too

// Closed with the test file: const browser = await startBrowser(after)
export async function startBrowser(after) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-proxy-server"], // root in a container has no sandbox to use
  });
  after(() => browser.close());
  return browser;
}

// A page in a profile of its own, with what it said: page.said.errors (uncaught), .warnings, .consoleErrors
export async function openPage(browser, t, options = {}) {
  const context = await browser.newContext(options);
  t.after(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  page.said = { errors: [], warnings: [], consoleErrors: [] };
  page.on("pageerror", (error) => page.said.errors.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "warning") page.said.warnings.push(message.text());
    if (message.type() === "error") page.said.consoleErrors.push(message.text());
  });
  return page;
}

// A site on a port of its own that answers every path with `html`: {origin, html, close}
export async function startSite(after) {
  const site = { html: "" };
  const server = http.createServer((request, response) => {
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
    response.end(site.html);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  after(() => (server.closeAllConnections(), server.close()));
  site.origin = `http://127.0.0.1:${server.address().port}`;
  return site;
}

// A server that a script calls and that answers when the test says so: {url, called: Promise, open()}
export async function startGate(after) {
  const waiting = [];
  let opened = false;
  let announce;
  const gate = { called: new Promise((resolve) => (announce = resolve)) };
  const server = http.createServer((request, response) => {
    announce();
    if (opened) response.end("{}");
    else waiting.push(response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  after(() => (server.closeAllConnections(), server.close()));
  gate.address = `127.0.0.1:${server.address().port}`;
  gate.open = () => {
    opened = true;
    for (const response of waiting.splice(0)) response.end("{}");
  };
  return gate;
}
