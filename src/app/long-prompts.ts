// Renders and tokenises long prompts in a thread, so that one of them does not stall the streams of all others.
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Deployment } from "../config/index.ts";
import type { Clock } from "../core/index.ts";
import type { PromptKind } from "../tokens/index.ts";
import type { JsonObject } from "../vllm/index.ts";

export interface LongPrompts {
  /** The ids of each prompt of the request; undefined when it has none, or when the thread is full, late or dead. */
  read(kind: PromptKind, fields: JsonObject): Promise<readonly Int32Array[] | undefined>;
  close(): Promise<void>;
}

export interface LongPromptQuestion {
  readonly number: number;
  readonly kind: PromptKind;
  readonly fields: JsonObject;
}

export interface LongPromptAnswer {
  readonly number: number;
  readonly prompts: readonly Int32Array[] | undefined;
}

/** More than these wait for nothing: such requests are routed by their size. */
const MAX_WAITING = 32;
const LIMIT_MS = 3000;

export function longPrompts(tokenizer: Deployment["tokenizer"], clock: Clock): LongPrompts {
  const waiting = new Map<number, (prompts: readonly Int32Array[] | undefined) => void>();
  let thread: Worker | undefined;
  let next = 0;

  /** Started by the first long prompt: most deployments never have one. */
  function started(): Worker {
    if (thread !== undefined) return thread;
    const made = new Worker(threadFile(), { workerData: tokenizer });
    made.unref();
    made.on("message", ({ number, prompts }: LongPromptAnswer) => waiting.get(number)?.(prompts));
    made.on("error", () => gone(made));
    made.on("exit", () => gone(made));
    thread = made;
    return made;
  }

  function gone(made: Worker): void {
    if (thread === made) thread = undefined;
    for (const answer of waiting.values()) answer(undefined);
  }

  function read(kind: PromptKind, fields: JsonObject): Promise<readonly Int32Array[] | undefined> {
    if (waiting.size >= MAX_WAITING) return Promise.resolve(undefined);
    const number = next++;
    return new Promise((resolve) => {
      const timer = clock.after(LIMIT_MS, () => waiting.get(number)?.(undefined));
      waiting.set(number, (prompts) => {
        timer.cancel();
        waiting.delete(number);
        resolve(prompts);
      });
      const question: LongPromptQuestion = { number, kind, fields };
      started().postMessage(question);
    });
  }

  return {
    read,
    close: async () => {
      await thread?.terminate();
    },
  };
}

/** As source in a clone, compiled in a package. */
function threadFile(): string {
  const extension = import.meta.filename.endsWith(".ts") ? "ts" : "js";
  return join(import.meta.dirname, `long-prompt-thread.${extension}`);
}
