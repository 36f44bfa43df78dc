// Bytes of a file, or of standard input, as text: bounded, UTF-8, no control characters.
import { closeSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import type { DiagnosticCode } from "./diagnostic.ts";

/** A deployment with 1,000 endpoints has about 100 KB. */
export const MAX_FILE_BYTES = 524_288;

export interface TextProblem {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly offset: number;
  readonly hint?: string;
  /** The readable part, by which `offset` becomes a line. */
  readonly before?: string;
}

export type TextResult = { readonly text: string } | { readonly problem: TextProblem };

/** The files that a path names: itself, or the `*.yaml` and `*.yml` in a folder, by name. */
export function listFiles(path: string): readonly string[] | TextProblem {
  if (path === "-") return [path];
  try {
    if (!statSync(path).isDirectory()) return [path];
    const names = readdirSync(path).filter((name) => /^[^.].*\.ya?ml$/.test(name));
    if (names.length > 0) return names.sort().map((name) => join(path, name));
    return { code: "empty", message: "the folder holds no *.yaml file", offset: 0 };
  } catch (thrown) {
    return unreadable(thrown);
  }
}

/** `-` is standard input. */
export function readText(path: string): TextResult {
  try {
    const fd = path === "-" ? 0 : openSync(path, "r");
    try {
      return decodeText(readBounded(fd));
    } finally {
      if (fd !== 0) closeSync(fd);
    }
  } catch (thrown) {
    return { problem: unreadable(thrown) };
  }
}

export function decodeText(bytes: Uint8Array): TextResult {
  if (bytes.length > MAX_FILE_BYTES) {
    return { problem: { code: "too-large", message: `is longer than ${MAX_FILE_BYTES} bytes`, offset: 0 } };
  }
  const text = new TextDecoder("utf-8").decode(bytes);
  // U+FFFD is what the decoder puts for what is no UTF-8; the others are control characters that YAML forbids.
  // oxlint-disable-next-line no-control-regex
  const bad = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffd]/.exec(text);
  if (!bad) return { text };
  const found = bad[0] === "\ufffd" ? "bytes that are not UTF-8" : "a control character";
  const hint = "is this a text file, saved as UTF-8?";
  return { problem: { code: "not-text", message: `holds ${found}`, offset: bad.index, hint, before: text } };
}

function readBounded(fd: number): Uint8Array {
  const bytes = new Uint8Array(MAX_FILE_BYTES + 1);
  let length = 0;
  while (length < bytes.length) {
    const read = readSome(fd, bytes, length);
    if (read === 0) break;
    length += read;
  }
  return bytes.subarray(0, length);
}

function readSome(fd: number, bytes: Uint8Array, at: number): number {
  for (;;) {
    try {
      return readSync(fd, bytes, at, bytes.length - at, null);
    } catch (thrown) {
      // A terminal or pipe in non-blocking mode has nothing yet.
      if ((thrown as NodeJS.ErrnoException).code !== "EAGAIN") throw thrown;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
}

function unreadable(thrown: unknown): TextProblem {
  const code = (thrown as NodeJS.ErrnoException).code ?? String(thrown);
  const reasons: Record<string, string> = {
    ENOENT: "no such file or folder",
    EACCES: "permission denied",
    EISDIR: "is a folder",
  };
  return { code: "unreadable", message: `cannot be read: ${reasons[code] ?? code}`, offset: 0 };
}
