// Request ids: 128 random bits as 32 hexadecimal digits.
import { randomFillSync } from "node:crypto";

const BYTES = 16;
/** Random bytes for as many ids are asked for at once: a call for each costs more than the rest of it. */
const AT_ONCE = 256;

export function randomIds(): () => string {
  const bytes = Buffer.alloc(BYTES * AT_ONCE);
  let at = bytes.length;
  return () => {
    if (at === bytes.length) {
      randomFillSync(bytes);
      at = 0;
    }
    const id = bytes.toString("hex", at, at + BYTES);
    at += BYTES;
    return id;
  };
}
