// A helper of a benchmark in a Node process of its own: one question, one answer, over the IPC channel.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

export interface HelperProcess {
  readonly pid: number;
  ask<Answer>(question: unknown): Promise<Answer>;
  stop(): Promise<void>;
}

interface Reply {
  readonly answer?: unknown;
  readonly error?: string;
}

/** The module calls `answerQuestions`. */
export function helperProcess(module: string, args: readonly string[] = []): HelperProcess {
  const child = fork(module, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  return {
    pid: child.pid ?? 0,
    async ask<Answer>(question: unknown) {
      const reply = replyOf(child);
      child.send({ question });
      const { answer, error } = await reply;
      if (error !== undefined) throw new Error(error);
      return answer as Answer;
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.disconnect();
      await gone;
    },
  };
}

async function replyOf(child: ChildProcess): Promise<Reply> {
  const abort = new AbortController();
  const gone = once(child, "exit", { signal: abort.signal }).then(() => ({ error: "the helper process ended" }));
  const reply = once(child, "message", { signal: abort.signal }).then(([message]) => message as Reply);
  const first = await Promise.race([reply, gone]);
  abort.abort();
  await Promise.allSettled([reply, gone]);
  return first;
}

/** In the helper: answers until the parent lets go. */
export function answerQuestions(answer: (question: never) => Promise<unknown>): void {
  process.on("message", (message: { readonly question: never }) => {
    answer(message.question).then(
      (given) => process.send?.({ answer: given }),
      (thrown: unknown) =>
        process.send?.({ error: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown) }),
    );
  });
  process.once("disconnect", () => process.exit(0));
}
