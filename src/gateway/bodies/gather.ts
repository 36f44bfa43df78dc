// Puts the pieces of a body together: at once when it is short, in many turns of the event loop when it is long.
import { setImmediate as nextTurn } from "node:timers/promises";

/** Memory that was never touched costs a millisecond a megabyte. */
const TURN_BYTES = 256 * 1024;

export function joined(chunks: readonly Buffer[], bytes: number): Buffer {
  const [first] = chunks;
  return chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, bytes);
}

/**
 * In memory that threads can share, of which `spare` bytes are after the body. V8 does not count such memory towards
 * its next collection, which would come with every long body or two and take longer than all else that is done with it.
 */
export async function gathered(chunks: readonly Buffer[], bytes: number, spare = 0): Promise<Buffer> {
  const room = Buffer.from(new SharedArrayBuffer(bytes + spare));
  let at = 0;
  let turnEnds = TURN_BYTES;
  for (const chunk of chunks)
    for (let from = 0; from < chunk.length; from += TURN_BYTES) {
      at += chunk.copy(room, at, from, from + TURN_BYTES);
      if (at < turnEnds) continue;
      turnEnds = at + TURN_BYTES;
      await nextTurn();
    }
  return room;
}
