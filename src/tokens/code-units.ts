// A text's UTF-16 code units as numbers: reading them one by one from a string costs several times as much.
import { endianness } from "node:os";

/** Longer texts get memory of their own, so that one of them does not hold on to much. */
const KEPT_UNITS = 1 << 20;
const isBigEndian = endianness() === "BE";
let kept = Buffer.alloc(0);

/** Valid until the next call. */
export function codeUnits(text: string): Uint16Array {
  const bytes = room(2 * text.length);
  bytes.write(text, "utf16le");
  if (isBigEndian) bytes.subarray(0, 2 * text.length).swap16();
  return new Uint16Array(bytes.buffer, bytes.byteOffset, text.length);
}

function room(bytes: number): Buffer {
  if (bytes > 2 * KEPT_UNITS) return Buffer.allocUnsafeSlow(bytes);
  if (kept.length < bytes) kept = Buffer.allocUnsafeSlow(Math.min(2 * bytes, 2 * KEPT_UNITS));
  return kept;
}
