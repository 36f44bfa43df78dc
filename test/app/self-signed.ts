// A certificate for 127.0.0.1 that nobody but a test trusts; built here, as a machine with Node alone has no openssl.
import { generateKeyPairSync, sign } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

export interface SelfSigned {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: string;
  readonly key: string;
}

export interface SelfSignedOptions {
  /** Part of the file names. */
  readonly name?: string;
  /** A host name that it is for, in place of 127.0.0.1. */
  readonly host?: string;
}

export function selfSigned(folder: string, { name = "", host }: SelfSignedOptions = {}): SelfSigned {
  const pair = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const tbs = toBeSigned(pair.publicKey.export({ type: "spki", format: "der" }), host);
  const signature = sign("sha256", tbs, pair.privateKey);
  const cert = pem(sequence(tbs, ECDSA_WITH_SHA256, der(0x03, Buffer.of(0), signature)));
  const key = String(pair.privateKey.export({ type: "pkcs8", format: "pem" }));
  const [certFile, keyFile] = [join(folder, `${name}cert.pem`), join(folder, `${name}key.pem`)];
  writeFileSync(certFile, cert);
  writeFileSync(keyFile, key);
  return { certFile, keyFile, cert, key };
}

const DAY_MS = 86_400_000;

// RFC 5280, section 4.1; object identifiers are written out as their DER bytes.
const hex = (digits: string): Buffer => Buffer.from(digits, "hex");
const ECDSA_WITH_SHA256 = sequence(hex("06082a8648ce3d040302"));
const COMMON_NAME = hex("0603550403");
const BASIC_CONSTRAINTS = hex("0603551d13");
const ALTERNATIVE_NAME = hex("0603551d11");
const IS_AUTHORITY = hex("30030101ff");
const LOOPBACK = hex("87047f000001");

function toBeSigned(publicKey: Buffer, host: string | undefined): Buffer {
  const version3 = der(0xa0, hex("020102"));
  const serial = hex("020101");
  const name = sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from("switchgear test")))));
  const validity = sequence(time(Date.now() - DAY_MS), time(Date.now() + DAY_MS));
  const extensions = sequence(
    sequence(BASIC_CONSTRAINTS, der(0x04, IS_AUTHORITY)),
    sequence(ALTERNATIVE_NAME, der(0x04, sequence(host === undefined ? LOOPBACK : der(0x82, Buffer.from(host))))),
  );
  return sequence(version3, serial, ECDSA_WITH_SHA256, name, validity, name, publicKey, der(0xa3, extensions));
}

/** YYMMDDHHMMSSZ. */
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replaceAll(/\D/g, "");
  return der(0x17, Buffer.from(`${digits.slice(2, 14)}Z`));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, ...parts);
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}
