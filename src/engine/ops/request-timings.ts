// Follows each sequence from arrival to its last token and says what vLLM would have measured. Pure: times come in.
import type { FinishReason, TokenOutput } from "../sequence.ts";
import type { EngineStep, RequestArrival } from "./engine-ops.ts";

export interface RequestSummary {
  readonly finish: FinishReason;
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  readonly maxTokens: number;
  readonly n: number;
  readonly preemptions: number;
  readonly queueMs: number;
  readonly prefillMs: number;
  readonly decodeMs: number;
  readonly inferenceMs: number;
  readonly e2eMs: number;
}

export interface FirstPrompt {
  readonly tokens: number;
  /** In this engine's blocks before the first token, from wherever. */
  readonly cached: number;
  /** Of all tokens those that another engine is counted for. */
  readonly remote: number;
}

export interface TimingSink {
  /** The prompt is computed; TTFT counts from arrival. */
  firstToken(ttftMs: number, prompt: FirstPrompt): void;
  nextToken(gapMs: number): void;
  finished(summary: RequestSummary): void;
}

export interface RequestTimings {
  arrived(arrival: RequestArrival, now: number): void;
  /** With `finish` it counts as finished, else it is forgotten: vLLM does not count aborts. */
  aborted(id: string, finish?: FinishReason): void;
  /** `durationMs`: how long the step really took. */
  step(step: EngineStep, durationMs: number): void;
}

interface Followed {
  readonly arrival: RequestArrival;
  readonly arrivedAt: number;
  admittedAt: number | undefined;
  firstTokenAt: number;
  lastTokenAt: number;
  cachedTokens: number;
  outputTokens: number;
  preemptions: number;
}

export function requestTimings(sink: TimingSink): RequestTimings {
  const followed = new Map<string, Followed>();
  return {
    arrived(arrival, now) {
      const arrivedAt = arrival.arrivedAt ?? now;
      followed.set(arrival.id, {
        arrival,
        arrivedAt,
        admittedAt: undefined,
        firstTokenAt: 0,
        lastTokenAt: 0,
        cachedTokens: 0,
        outputTokens: 0,
        preemptions: 0,
      });
    },
    aborted(id, finish) {
      const request = followed.get(id);
      followed.delete(id);
      if (request && finish) sink.finished(summarise(request, finish));
    },
    step({ plan, outputs, endedAt }, durationMs) {
      const startedAt = endedAt - durationMs;
      for (const id of plan.admitted ?? []) admit(id, startedAt);
      for (const id of plan.preempted ?? []) preempt(id);
      for (const output of outputs) token(output, { startedAt, endedAt });
    },
  };

  function admit(id: string, at: number): void {
    const request = followed.get(id);
    if (request) request.admittedAt ??= at;
  }

  function preempt(id: string): void {
    const request = followed.get(id);
    if (request) request.preemptions++;
  }

  function token(output: TokenOutput, { startedAt, endedAt }: { startedAt: number; endedAt: number }): void {
    const request = followed.get(output.id);
    if (!request) return;
    request.admittedAt ??= startedAt;
    if (request.outputTokens++ === 0) {
      request.firstTokenAt = endedAt;
      request.cachedTokens = output.cachedTokens;
      const prompt = {
        tokens: request.arrival.promptTokens,
        cached: output.cachedTokens,
        remote: output.remoteTokens ?? 0,
      };
      sink.firstToken(Math.max(0, endedAt - request.arrivedAt), prompt);
    } else {
      sink.nextToken(endedAt - request.lastTokenAt);
    }
    request.lastTokenAt = endedAt;
    if (output.finish === undefined) return;
    followed.delete(output.id);
    sink.finished(summarise(request, output.finish));
  }
}

function summarise(request: Followed, finish: FinishReason): RequestSummary {
  const { arrival, arrivedAt, firstTokenAt, lastTokenAt } = request;
  // A step that was already running when the request came in cannot have waited for it.
  const admittedAt = Math.max(arrivedAt, request.admittedAt ?? arrivedAt);
  return {
    finish,
    promptTokens: arrival.promptTokens,
    cachedTokens: request.cachedTokens,
    outputTokens: request.outputTokens,
    maxTokens: arrival.maxTokens,
    n: arrival.n,
    preemptions: request.preemptions,
    queueMs: admittedAt - arrivedAt,
    prefillMs: Math.max(0, firstTokenAt - admittedAt),
    decodeMs: lastTokenAt - firstTokenAt,
    inferenceMs: Math.max(0, lastTokenAt - admittedAt),
    e2eMs: Math.max(0, lastTokenAt - arrivedAt),
  };
}
