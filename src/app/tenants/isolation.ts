// What is known of each worker's isolation by salts: checked once a worker is ready and there are tenants, again when it comes back.
import { randomBytes } from "node:crypto";
import { Agent, request } from "undici";
import type { Clock, Timer } from "../../core/index.ts";
import { connectTls, type Fleet, type Worker } from "../../fleet/index.ts";
import type { Log } from "../../telemetry/index.ts";
import { type Ask, checkSalt, type SaltVerdict } from "./check-salt.ts";

export interface Isolation {
  /** False when every worker of it that was checked does not keep salts apart. */
  salts(model: string): boolean;
  readonly verdicts: readonly { readonly worker: string; readonly verdict: SaltVerdict }[];
  close(): void;
}

export interface IsolationParts {
  readonly fleet: Pick<Fleet, "workers" | "onChange">;
  /** There are tenants, and they are to be salted. */
  readonly active: () => boolean;
  readonly clock: Clock;
  readonly log: Log;
  /** Default: over the network. */
  readonly ask?: (worker: Worker, stop: AbortSignal) => Ask;
}

const LOOK_EVERY_MS = 500;
/** A worker that does not answer is asked again after so long. */
const AGAIN_MS = 30_000;
const LIMIT_MS = 20_000;

export function isolation({ fleet, active, clock, log, ask = asking }: IsolationParts): Isolation {
  const verdicts = new Map<string, { readonly model: string; readonly verdict: SaltVerdict }>();
  const notBefore = new Map<string, number>();
  const stop = new AbortController();
  let timer: Timer | undefined;

  // What comes back may be another version.
  fleet.onChange(({ id, state }) => {
    if (state !== "dead" && fleet.workers().some((one) => one.id === id)) return;
    verdicts.delete(id);
    notBefore.delete(id);
  });

  function next(): Worker | undefined {
    const now = clock.now();
    return fleet
      .workers()
      .find(
        ({ id, state, arm, role }) =>
          state === "ready" &&
          arm === undefined &&
          role !== "decode" &&
          !verdicts.has(id) &&
          (notBefore.get(id) ?? 0) <= now,
      );
  }

  async function look(): Promise<void> {
    const worker = active() ? next() : undefined;
    if (worker === undefined) return;
    notBefore.set(worker.id, clock.now() + AGAIN_MS);
    const model = worker.facts.servedModels[0] ?? worker.model;
    const verdict = await checkSalt(ask(worker, stop.signal), model, randomBytes(8).toString("hex"));
    if (verdict === undefined) return;
    verdicts.set(worker.id, { model: worker.model, verdict });
    tell(worker.id, verdict);
  }

  function tell(worker: string, verdict: SaltVerdict): void {
    if (verdict === "works") return log.info({ worker }, "this worker keeps the caches of tenants apart");
    if (verdict === "unknown")
      return log.warn({ worker }, "whether this worker keeps the caches of tenants apart cannot be seen");
    log.error({ worker, verdict }, "this worker does not keep the caches of tenants apart");
  }

  function plan(): void {
    if (stop.signal.aborted) return;
    timer = clock.after(LOOK_EVERY_MS, () => {
      look().then(plan, plan);
    });
  }

  plan();
  return {
    salts(model) {
      let fails = false;
      for (const one of verdicts.values()) {
        if (one.model !== model) continue;
        if (one.verdict === "works" || one.verdict === "unknown") return true;
        fails = true;
      }
      return !fails;
    },
    get verdicts() {
      return [...verdicts].map(([worker, { verdict }]) => ({ worker, verdict }));
    },
    close() {
      stop.abort();
      timer?.cancel();
    },
  };
}

function asking({ origin, basePath, key, headers, tls }: Worker, stop: AbortSignal): Ask {
  return async (body) => {
    const dispatcher = new Agent({ connect: { timeout: 1500, ...connectTls({ tls }) } });
    try {
      const answer = await request(`${origin}${basePath}/v1/completions`, {
        method: "POST",
        dispatcher,
        headers: {
          "content-type": "application/json",
          ...(key !== undefined && { authorization: `Bearer ${key}` }),
          ...headers,
        },
        body: JSON.stringify(body),
        signal: AbortSignal.any([stop, AbortSignal.timeout(LIMIT_MS)]),
      });
      return { status: answer.statusCode, cachedTokens: cachedTokensIn(await answer.body.text()) };
    } catch {
      return undefined;
    } finally {
      await dispatcher.destroy();
    }
  };
}

function cachedTokensIn(text: string): number | undefined {
  try {
    const { usage } = JSON.parse(text) as { usage?: { prompt_tokens_details?: { cached_tokens?: unknown } | null } };
    const cached = usage?.prompt_tokens_details?.cached_tokens;
    return typeof cached === "number" ? cached : undefined;
  } catch {
    return undefined;
  }
}
