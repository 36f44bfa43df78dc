// Recordings of a real vLLM 0.32, when they are on this machine; tests that need them skip by name otherwise.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = process.env["SWITCHGEAR_VLLM_FIXTURES"] ?? "/work/shared/data/vllm-fixtures";

/** For the `skip` option of a test. */
export const noFixtures: string | false = existsSync(ROOT) ? false : `no recordings at ${ROOT}`;

export function fixture(path: string): Buffer {
  return readFileSync(join(ROOT, path));
}

export function fixtureNames(folder: string, end: string): string[] {
  if (noFixtures !== false) return [];
  return readdirSync(join(ROOT, folder), { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(end))
    .sort();
}

export interface RecordedReply {
  readonly status: number;
  readonly head: string;
  readonly body: Buffer;
}

/** A recorded HTTP reply; the body is as recorded, which for some streams includes the chunk framing. */
export function recordedReply(name: string): RecordedReply {
  const bytes = fixture(`bodies/${name}.http`);
  const end = bytes.indexOf("\r\n\r\n");
  const head = bytes.toString("latin1", 0, end);
  return { status: Number(head.split(" ")[1]), head, body: bytes.subarray(end + 4) };
}

/** Takes the chunk framing of HTTP/1.1 off; a last chunk that was cut short is given as far as it goes. */
export function unchunked(body: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length;) {
    const end = body.indexOf("\r\n", at);
    const size = end < 0 ? 0 : Number.parseInt(body.toString("latin1", at, end), 16);
    if (!(size > 0)) break;
    parts.push(body.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
  return Buffer.concat(parts);
}
