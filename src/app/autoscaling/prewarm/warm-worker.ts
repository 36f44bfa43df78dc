// Sends hot prefixes to a worker that has just come, so that its cache has them; what fails is left out.
import { Agent, request } from "undici";
import { connectTls, type Worker } from "../../../fleet/index.ts";
import type { HotPrefix } from "./hot-prefixes.ts";

export interface Warmed {
  readonly prefixes: number;
  readonly tokens: number;
}

/** Users' requests share the worker. */
const AT_A_TIME = 2;
const LIMIT_MS = 30_000;
/** vLLM serves lower numbers first. */
const LAST = 1000;

/** Ends when all were sent, when the time is over, or with `ended`. Never throws. */
export async function warmWorker(worker: Worker, prefixes: readonly HotPrefix[], ended: AbortSignal): Promise<Warmed> {
  const dispatcher = new Agent({ connections: AT_A_TIME, connect: { timeout: 1500, ...connectTls(worker) } });
  const signal = AbortSignal.any([ended, AbortSignal.timeout(LIMIT_MS)]);
  const waiting = [...prefixes];
  const done = { prefixes: 0, tokens: 0 };
  let knowsPriority = true;

  async function send({ ids, salt }: HotPrefix): Promise<boolean> {
    const cut = ids.subarray(0, (worker.facts.maxModelLen ?? Infinity) - 1);
    const body = {
      model: worker.facts.servedModels[0] ?? worker.model,
      prompt: Array.from(cut),
      max_tokens: 1,
      temperature: 0,
      ...(salt !== undefined && { cache_salt: salt }),
      ...(knowsPriority && { priority: LAST }),
    };
    const { statusCode, body: answer } = await request(`${worker.origin}${worker.basePath}/v1/completions`, {
      method: "POST",
      dispatcher,
      signal,
      headers: {
        "content-type": "application/json",
        ...(worker.key !== undefined && { authorization: `Bearer ${worker.key}` }),
        ...worker.headers,
      },
      body: JSON.stringify(body),
    });
    await answer.dump();
    if (statusCode === 200) done.tokens += cut.length;
    return statusCode === 200;
  }

  /** A worker that runs first come first served refuses priorities. */
  async function warm(prefix: HotPrefix): Promise<boolean> {
    const tried = knowsPriority;
    if (await send(prefix)) return true;
    knowsPriority = false;
    return tried && send(prefix);
  }

  async function next(): Promise<void> {
    for (let one = waiting.shift(); one !== undefined && !signal.aborted; one = waiting.shift())
      if (await warm(one).catch(() => false)) done.prefixes += 1;
  }

  await Promise.all(Array.from({ length: AT_A_TIME }, next));
  await dispatcher.destroy();
  return done;
}
