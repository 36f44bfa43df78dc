// Recorded bodies of a real vLLM 0.32, when the folder is there.
import { existsSync, readFileSync } from "node:fs";

const FOLDER = "/work/shared/data/vllm-fixtures/bodies";

/** A reason to skip, or false. */
export const noFixtures = existsSync(FOLDER) ? false : `no recordings at ${FOLDER}`;

export interface Recorded {
  readonly status: number;
  /** Names in the order they were sent. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

export function recordedRequest(name: string): string {
  return readFileSync(`${FOLDER}/${name}.req.json`, "utf8");
}

export function recordedAnswer(name: string): Recorded {
  return parseAnswer(readFileSync(`${FOLDER}/${name}.http`, "utf8"));
}

/** Of a body that is not chunked on the wire, or was unchunked by the recorder. */
export function parseAnswer(text: string): Recorded {
  const end = text.search(/\r?\n\r?\n/);
  const [first = "", ...lines] = text.slice(0, end).split(/\r?\n/);
  const headers = lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
  });
  return { status: Number(first.split(" ")[1]), headers, body: text.slice(end).replace(/^\r?\n\r?\n/, "") };
}

/** The `data:` payloads of a stream. */
export function payloads(body: string): string[] {
  return body
    .split(/\r?\n/)
    .filter((line) => line.startsWith("data: "))
    .map((line) => line.slice(6));
}

/** A JSON value with its leaves replaced by their kinds, so that two answers compare by names, order and types. */
export function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
  if (typeof value !== "object" || value === null) return value === null ? null : typeof value;
  return Object.entries(value).map(([name, member]) => [name, shapeOf(member)]);
}
