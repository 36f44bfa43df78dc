// A worker thread that is started when it is first needed, and anew after it died.
import { Worker } from "node:worker_threads";

export interface RenewedThread<Message> {
  /** Starts it, which may take longer than what it is asked. */
  warm(): void;
  /** What is in `moved` is no longer the caller's. */
  post(message: Message, moved?: readonly ArrayBuffer[]): void;
  /** `onGone` is not told of it. */
  close(): Promise<void>;
}

export interface RenewedThreadOptions<Reply> {
  /** Without its extension: source in a clone, compiled in a package. */
  readonly file: string;
  readonly data?: unknown;
  onReply(reply: Reply): void;
  /** It died: what it was told and has not answered is lost. */
  onGone(): void;
}

export function renewedThread<Message, Reply>(options: RenewedThreadOptions<Reply>): RenewedThread<Message> {
  let thread: Worker | undefined;

  function started(): Worker {
    if (thread !== undefined) return thread;
    const made = new Worker(`${options.file}${import.meta.filename.endsWith(".ts") ? ".ts" : ".js"}`, {
      workerData: options.data,
    });
    made.unref();
    made.on("message", (reply: Reply) => options.onReply(reply));
    made.on("error", () => gone(made));
    made.on("exit", () => gone(made));
    thread = made;
    return made;
  }

  function gone(made: Worker): void {
    if (thread !== made) return;
    thread = undefined;
    options.onGone();
  }

  return {
    warm: () => void started(),
    post: (message, moved = []) => started().postMessage(message, moved),
    async close() {
      const ending = thread;
      thread = undefined;
      await ending?.terminate();
    },
  };
}
