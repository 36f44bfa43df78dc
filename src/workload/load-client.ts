// Sends one streaming request and notes when its events arrive.
import { Pool } from "undici";
import { type Clock, toError } from "../core/index.ts";
import { readTokenUsage, sseScanner, STREAM_EVENT, streamEventFlags, type TokenUsage } from "../vllm/index.ts";
import { deltaText } from "./delta-text.ts";
import type { RequestSample } from "./request-sample.ts";

export interface PlannedRequest {
  /** Milliseconds from the start of the run. */
  readonly plannedAt: number;
  /** `/v1/completions`, … */
  readonly path: string;
  readonly body: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** Keep the answer's text in the sample, for the next turn of a session. */
  readonly collectText?: boolean;
}

export interface LoadClient {
  /** Never rejects: a failure is an outcome. */
  send(request: PlannedRequest): Promise<RequestSample>;
  close(): Promise<void>;
}

export interface LoadClientOptions {
  /** `http://host:port`, with a base path if there is one. */
  readonly url: string;
  readonly key?: string | undefined;
  readonly clock: Clock;
  /** Clock time of the start of the run. */
  readonly startedAt: number;
  readonly timeoutMs: number;
}

type Mutable = { -readonly [K in keyof RequestSample]: RequestSample[K] } & { gaps: number[] };

export function loadClient({ url, key, clock, startedAt, timeoutMs }: LoadClientOptions): LoadClient {
  const { origin, pathname } = new URL(url);
  const base = pathname === "/" ? "" : pathname.replace(/\/$/, "");
  const pool = new Pool(origin, {
    connections: null,
    pipelining: 1,
    keepAliveTimeout: 3000,
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const now = (): number => clock.now() - startedAt;

  function send({ plannedAt, path, body, headers, collectText = false }: PlannedRequest): Promise<RequestSample> {
    const sample = newSample(plannedAt, now(), collectText);
    return new Promise((resolve) => {
      const scanner = sseScanner();
      let abort: ((reason: Error) => void) | undefined;
      const timer = clock.after(timeoutMs, () => {
        sample.outcome = "timeout";
        abort?.(new Error(`no end within ${timeoutMs} ms`));
      });
      const done = (error?: Error): void => {
        timer.cancel();
        finish(sample, error);
        resolve(sample);
      };
      const auth = key === undefined ? {} : { authorization: `Bearer ${key}` };
      pool.dispatch(
        {
          path: base + path,
          method: "POST",
          headers: { "content-type": "application/json", ...auth, ...headers },
          body,
        },
        {
          onRequestStart: (controller) => {
            abort = (reason) => controller.abort(reason);
            if (sample.outcome === "timeout") controller.abort(new Error("timed out before it was sent"));
          },
          onResponseStart: (_controller, status, found) => {
            sample.status = status;
            sample.headers = found;
          },
          onResponseData: (_controller, chunk) => {
            if (sample.status !== 200)
              sample.failure = `${sample.failure ?? ""}${chunk.toString("utf8")}`.slice(0, 300);
            else scanner.push(chunk, (_raw, data) => take(sample, data, now()));
          },
          onResponseEnd: () => done(),
          onResponseError: (_controller, error) => done(toError(error)),
        },
      );
    });
  }

  return { send, close: () => pool.destroy() };
}

function newSample(plannedAt: number, sentAt: number, collectText: boolean): Mutable {
  return {
    text: collectText ? "" : undefined,
    plannedAt,
    sentAt,
    firstChunkAt: undefined,
    firstTokenAt: undefined,
    lastTokenAt: undefined,
    gaps: [],
    chunks: 0,
    outcome: "ok",
    status: undefined,
    failure: undefined,
    promptTokens: undefined,
    cachedTokens: undefined,
    outputTokens: undefined,
    headers: {},
  };
}

function take(sample: Mutable, data: Buffer, at: number): void {
  if (data.length === 0) return;
  const flags = streamEventFlags(data);
  if (flags & STREAM_EVENT.error) sample.failure = data.toString("utf8").slice(0, 300);
  if (flags & STREAM_EVENT.usage) takeUsage(sample, readTokenUsage(data));
  if (flags & STREAM_EVENT.done) return;
  sample.firstChunkAt ??= at;
  if ((flags & STREAM_EVENT.token) === 0) return;
  sample.chunks += 1;
  if (sample.text !== undefined) sample.text += deltaText(data);
  if (sample.lastTokenAt === undefined) sample.firstTokenAt = at;
  else sample.gaps.push(at - sample.lastTokenAt);
  sample.lastTokenAt = at;
}

function takeUsage(sample: Mutable, usage: TokenUsage | undefined): void {
  if (usage === undefined) return;
  sample.promptTokens = usage.promptTokens ?? sample.promptTokens;
  sample.cachedTokens = usage.cachedTokens ?? sample.cachedTokens;
  sample.outputTokens = usage.completionTokens ?? sample.outputTokens;
}

function finish(sample: Mutable, error: Error | undefined): void {
  if (sample.outcome === "timeout") sample.failure = "timeout";
  else if (error) sample.failure = error.message;
  else if (sample.status !== 200) sample.failure = `status ${sample.status}: ${sample.failure ?? ""}`;
  else if (sample.failure === undefined && sample.firstTokenAt === undefined)
    sample.failure = "the stream brought no token";
  if (sample.failure !== undefined && sample.outcome === "ok") sample.outcome = "error";
}
