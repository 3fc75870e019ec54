// SPDX-License-Identifier: MIT
// certificates.mjs - certificates for tests, made by the openssl command when they are needed; none lies in the repository.
import { execFile } from "node:child_process";
import * as fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
export const openssl = (...args) => run("openssl", args);

const NAMES = "subjectAltName=DNS:localhost,IP:127.0.0.1";
const EC = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"];

// A folder for one test file; `after` is node:test's.
export async function certificateFolder(after) {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "moontide-tls-"));
  after(() => fs.rm(folder, { recursive: true }));
  return folder;
}

// Signed by itself, for localhost and 127.0.0.1: {cert, key: files; pem}. key: "ec" or "rsa"; common: the subject's name.
export async function selfSigned(folder, common, { key = "ec" } = {}) {
  const made = { cert: path.join(folder, `${common}.pem`), key: path.join(folder, `${common}.key`) };
  const algorithm = key === "ec" ? EC : ["rsa:2048"];
  const subject = ["-days", "30", "-subj", `/CN=${common}`, "-addext", NAMES];
  await openssl("req", "-x509", "-newkey", ...algorithm, "-nodes", "-keyout", made.key, "-out", made.cert, ...subject);
  await fs.chmod(made.key, 0o600);
  return { ...made, pem: await fs.readFile(made.cert, "utf8") };
}

// One that was valid on the first day of 2020. `openssl ca`: the other commands make none that is over.
export async function expired(folder, common) {
  const { key } = await selfSigned(folder, common);
  const at = (name) => path.join(folder, `${common}.${name}`);
  const config = `[ca]\ndefault_ca=a\n[a]\ndatabase=${at("index")}\nserial=${at("serial")}\nnew_certs_dir=${folder}\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n`;
  await Promise.all([fs.writeFile(at("cnf"), config), fs.writeFile(at("index"), ""), fs.writeFile(at("serial"), "01\n")]);
  await openssl("req", "-new", "-key", key, "-subj", `/CN=${common}`, "-out", at("csr"));
  const time = ["-startdate", "20200101000000Z", "-enddate", "20200102000000Z"];
  const files = ["-config", at("cnf"), "-in", at("csr"), "-keyfile", key, "-out", at("crt")];
  await openssl("ca", "-batch", "-notext", "-selfsign", ...time, ...files);
  return { cert: at("crt"), key, pem: await fs.readFile(at("crt"), "utf8") };
}

// As tools that renew certificates do: each file is replaced whole.
export async function replace(file, content) {
  await fs.writeFile(`${file}.new`, content, { mode: 0o600 });
  await fs.rename(`${file}.new`, file);
}
