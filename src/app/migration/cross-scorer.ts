// Has the candidate's answers scored by the legacy arm: one at a time, few a minute, and never again once it cannot.
import { Agent, fetch as undiciFetch } from "undici";
import type { Clock } from "../../core/index.ts";
import { connectTls, type Worker } from "../../fleet/index.ts";
import type { ScoreRequest } from "../../migration/index.ts";

export interface CrossScorer {
  /** The legacy's reply, for the comparer to read; undefined when it was not asked or does not say. Never throws. */
  score(request: ScoreRequest, path: string): Promise<string | undefined>;
  close(): Promise<void>;
}

export interface CrossScorerOptions {
  readonly workers: () => readonly Worker[];
  /** 0: off. */
  readonly perMinute: number;
  readonly clock: Pick<Clock, "now">;
  readonly timeoutMs?: number;
}

const MINUTE_MS = 60_000;
/** A reply has some hundred bytes a token. */
const MAX_REPLY_BYTES = 8 << 20;

export function crossScorer({ workers, perMinute, clock, timeoutMs = 10_000 }: CrossScorerOptions): CrossScorer {
  let nextAt = Number.NEGATIVE_INFINITY;
  let busy = false;
  let unsupported = false;
  const closing = new AbortController();

  async function ask(worker: Worker, body: string, path: string): Promise<string | undefined> {
    const agent = new Agent({ connect: { timeout: 1500, ...connectTls(worker) }, maxResponseSize: MAX_REPLY_BYTES });
    const authorization = worker.key === undefined ? {} : { authorization: `Bearer ${worker.key}` };
    try {
      const answer = await undiciFetch(`${worker.origin}${worker.basePath}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", ...authorization, ...worker.headers },
        body,
        dispatcher: agent,
        signal: AbortSignal.any([closing.signal, AbortSignal.timeout(timeoutMs)]),
      });
      // It knows the request and refuses it: so it will the next one.
      if (answer.status >= 400 && answer.status < 500 && answer.status !== 429) unsupported = true;
      return answer.ok ? await answer.text() : undefined;
    } finally {
      await agent.destroy();
    }
  }

  return {
    async score({ body }, path) {
      const [worker] = workers();
      if (perMinute === 0 || unsupported || busy || worker === undefined || clock.now() < nextAt) return undefined;
      nextAt = clock.now() + MINUTE_MS / perMinute;
      busy = true;
      try {
        return await ask(worker, body, path);
      } catch {
        return undefined;
      } finally {
        busy = false;
      }
    },
    async close() {
      closing.abort();
    },
  };
}
