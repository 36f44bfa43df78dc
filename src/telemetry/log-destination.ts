// Where log lines go: a file descriptor written in the background. What cannot be written is dropped and counted: a full disk or a reader that stopped never holds a request.
import { write, writeSync } from "node:fs";
import type { DestinationStream } from "pino";

export interface LogDestination extends DestinationStream {
  /** Lines dropped so far. */
  readonly lost: number;
  /** What is held is tried once more, for the end of the process. */
  flush(): void;
}

/** About ten thousand lines; more than a healthy disk ever leaves waiting. */
const HELD_LIMIT = 4 * 1024 * 1024;
/** A pipe whose reader is slow says EAGAIN. */
const RETRY_MS = 50;

/** Not pino's own: on a full disk that waits without end on the main thread, and its errors end the process. */
export function logDestination(fd: number, heldLimit = HELD_LIMIT): LogDestination {
  let held: string[] = [];
  let heldLength = 0;
  /** Bytes that `write` works on, or waits to try again. */
  let going: Buffer | undefined;
  let goingLines = 0;
  let lost = 0;
  let untold = 0;

  function drop(lines: number): void {
    lost += lines;
    untold += lines;
  }

  function take(): void {
    if (held.length === 0) return;
    going = Buffer.from(held.join(""));
    goingLines = held.length;
    held = [];
    heldLength = 0;
    step();
  }

  function step(): void {
    if (going === undefined) return;
    write(fd, going, (error, written) => {
      if (error?.code === "EAGAIN") return void setTimeout(step, RETRY_MS).unref();
      if (error) drop(goingLines);
      else if (going !== undefined && written < going.length) {
        going = going.subarray(written);
        return step();
      } else tell();
      going = undefined;
      take();
    });
  }

  /** The first write that works again says what is missing. */
  function tell(): void {
    if (untold === 0) return;
    const line = { level: "warn", time: new Date().toISOString(), lines: untold, msg: "log lines were lost" };
    untold = 0;
    held.unshift(`${JSON.stringify(line)}\n`);
  }

  return {
    get lost() {
      return lost;
    },
    write(line) {
      if (heldLength + line.length > heldLimit) return drop(1);
      held.push(line);
      heldLength += line.length;
      if (going === undefined) take();
    },
    flush() {
      // What `write` works on now is the pool's to finish: writing it here could double it.
      if (held.length === 0) return;
      try {
        writeSync(fd, held.join(""));
      } catch {
        drop(held.length);
      }
      held = [];
      heldLength = 0;
    },
  };
}
