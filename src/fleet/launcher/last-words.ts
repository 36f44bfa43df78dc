// What a worker process wrote before it ended: its last lines, bounded, without secrets, and the line that says why.
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";

export interface LastWords {
  /** The line of an error, as Python prints it; else the last line. Undefined when nothing was written. */
  readonly cause: string | undefined;
  /** The oldest first. */
  readonly lines: readonly string[];
}

const MOST_BYTES = 65_536;
const MOST_LINES = 20;
const LONGEST_LINE = 500;
/** A shorter value would blot out parts of ordinary words. */
const SHORTEST_SECRET = 4;

const ERROR = /(?:^|[\s.])([A-Z]\w*(?:Error|Exception|Interrupt)\b: .+|.*\berror: .+)$/;
/** vLLM's front process says this after the engine's own error. */
const POINTER = /See root cause above|Engine core initialization failed|ProcessFailedError/i;

const SECRET_SHAPES: readonly RegExp[] = [
  /\bhf_[A-Za-z0-9]{16,}/g,
  /\bsk-[A-Za-z0-9_-]{16,}/g,
  /(?<=\bBearer )\S+/gi,
  /(?<=:\/\/[^\s:@/]+:)[^\s@/]+(?=@)/g,
];

/** Of what was written to the file after `from` bytes. */
export function lastWords(file: string, from: number, secrets: readonly string[]): LastWords {
  const lines = tail(file, from)
    .split(/\r\n|\n|\r/)
    .map((line) => stripVTControlCharacters(line).trimEnd())
    .filter((line) => line !== "")
    .map((line) => masked(line, secrets));
  const errors = lines.flatMap((line) => ERROR.exec(line)?.[1] ?? []);
  const cause = errors.findLast((line) => !POINTER.test(line)) ?? errors.at(-1) ?? lines.at(-1);
  return {
    cause: cause?.slice(0, LONGEST_LINE),
    lines: lines.slice(-MOST_LINES).map((line) => line.slice(0, LONGEST_LINE)),
  };
}

function masked(line: string, secrets: readonly string[]): string {
  const known = secrets
    .filter(({ length }) => length >= SHORTEST_SECRET)
    .reduce((text, one) => text.replaceAll(one, "[secret]"), line);
  return SECRET_SHAPES.reduce((text, shape) => text.replace(shape, "[secret]"), known);
}

/** A file that was cut since then is read from its start. */
function tail(file: string, from: number): string {
  let log: number | undefined;
  try {
    log = openSync(file, "r");
    const { size } = fstatSync(log);
    const start = Math.max(size < from ? 0 : from, size - MOST_BYTES);
    const bytes = Buffer.alloc(size - start);
    return bytes.subarray(0, readSync(log, bytes, 0, bytes.length, start)).toString("utf8");
  } catch {
    return "";
  } finally {
    if (log !== undefined) closeSync(log);
  }
}
