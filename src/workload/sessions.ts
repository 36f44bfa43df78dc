// Multi-turn chats: each session sends its next turn, with the whole conversation, when the last answer has come.
import type { Clock, Random } from "../core/index.ts";
import { randomProse } from "./random-prose.ts";
import type { LoadClient } from "./load-client.ts";
import type { RequestSample } from "./request-sample.ts";

export interface SessionsRun {
  readonly client: LoadClient;
  readonly clock: Clock;
  readonly startedAt: number;
  readonly model: string;
  readonly sessions: number;
  readonly turns: number;
  /** Words of the system prompt that all sessions share. */
  readonly systemWords: number;
  readonly userWords: number;
  readonly outputTokens: number;
  /** Mean pause between an answer and the next turn, ms; exponential. */
  readonly thinkMs: number;
  readonly random: Random;
  readonly onSample: (sample: RequestSample) => void;
  readonly signal?: AbortSignal | undefined;
}

interface Message {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

export async function runSessions(run: SessionsRun): Promise<void> {
  const system: Message = { role: "system", content: randomProse(run.systemWords, run.random) };
  await Promise.all(Array.from({ length: run.sessions }, (_, number) => session(run, [system], `session-${number}`)));
}

async function session(run: SessionsRun, messages: Message[], user: string): Promise<void> {
  for (let turn = 0; turn < run.turns && !run.signal?.aborted; turn++) {
    if (turn > 0) await pause(-Math.log(1 - run.random.next()) * run.thinkMs);
    messages.push({ role: "user", content: randomProse(run.userWords, run.random) });
    const sample = await run.client.send({
      plannedAt: run.clock.now() - run.startedAt,
      path: "/v1/chat/completions",
      body: chatBody(run, messages, user),
      collectText: true,
    });
    run.onSample(sample);
    // A conversation whose answer is missing cannot go on.
    if (sample.outcome !== "ok") return;
    messages.push({ role: "assistant", content: sample.text ?? "" });
  }
}

function chatBody({ model, outputTokens }: SessionsRun, messages: readonly Message[], user: string): Buffer {
  const body = {
    model,
    messages,
    user,
    max_tokens: outputTokens,
    ignore_eos: true,
    stream: true,
    stream_options: { include_usage: true },
  };
  return Buffer.from(JSON.stringify(body));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
