// An append-only file with a bound: rotates, never blocks a request, gives up on itself when the disk does.
import { type FileHandle, open, rename, unlink } from "node:fs/promises";
import type { Log } from "../../telemetry/index.ts";
import type { LineSink } from "./traffic-recorder.ts";

export interface RotatingFileOptions {
  readonly path: string;
  readonly log: Log;
  /** A file that has grown so long becomes `path.1`; the older `path.1` is removed. */
  readonly maxBytes?: number;
  /** Characters that may wait for the disk; what is more is dropped and counted. */
  readonly maxWaiting?: number;
}

export interface RotatingFile extends LineSink {
  readonly dropped: number;
  /** Everything that waits is written first. */
  close(): Promise<void>;
}

const MAX_BYTES = 268_435_456;
const MAX_WAITING = 8_388_608;

/** Throws when the file cannot be opened: better at the start than silently later. */
export async function rotatingFile(options: RotatingFileOptions): Promise<RotatingFile> {
  const { path, log, maxBytes = MAX_BYTES, maxWaiting = MAX_WAITING } = options;
  let file: FileHandle | undefined = await open(path, "a", 0o600);
  let size = (await file.stat()).size;
  let waiting: string[] = [];
  let characters = 0;
  let dropped = 0;
  let work = Promise.resolve();

  async function flush(): Promise<void> {
    const text = waiting.join("");
    [waiting, characters] = [[], 0];
    if (text === "" || file === undefined) return;
    const bytes = Buffer.from(text);
    if (size > 0 && size + bytes.length > maxBytes) await rotate();
    await file.appendFile(bytes);
    size += bytes.length;
  }

  async function rotate(): Promise<void> {
    await file?.close();
    await unlink(`${path}.1`).catch(() => undefined);
    await rename(path, `${path}.1`);
    file = await open(path, "a", 0o600);
    size = 0;
  }

  async function giveUp(error: unknown): Promise<void> {
    const failed = file;
    file = undefined;
    log.error({ path, error: String(error) }, "recording has stopped; requests are not affected");
    try {
      await failed?.close();
    } catch {
      // Its first failure was told.
    }
  }

  return {
    get dropped() {
      return dropped;
    },
    write(line) {
      if (file === undefined || characters + line.length > maxWaiting) return void dropped++;
      waiting.push(line);
      characters += line.length;
      if (waiting.length === 1) work = work.then(flush).catch(giveUp);
    },
    async close() {
      await work;
      await file?.close().catch(() => undefined);
      file = undefined;
    },
  };
}
