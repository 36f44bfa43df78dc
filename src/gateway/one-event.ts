// The usual chunk of a stream: exactly one event, which needs no scan.

const LF = 10;
const CR = 13;
/** `data: ` */
export const DATA_PREFIX = 6;

/** Starts as a data line, and its only line ends are the two at its end. */
export function isOneEvent(chunk: Buffer): boolean {
  const end = chunk.length - 2;
  return (
    end > DATA_PREFIX &&
    chunk[0] === 100 &&
    chunk[1] === 97 &&
    chunk[2] === 116 &&
    chunk[3] === 97 &&
    chunk[4] === 58 &&
    chunk[5] === 32 &&
    chunk[end + 1] === LF &&
    chunk.indexOf(LF) === end &&
    chunk[end - 1] !== CR
  );
}
