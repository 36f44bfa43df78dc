// A short request of the gateway's own to a worker, over the connections that its legs use.
import type { Worker } from "../../fleet/index.ts";
import type { UpstreamPools } from "../upstream-pools.ts";
import type { AskWorker } from "./adapter-loader.ts";

/** Weights come from a disk or a hub; vLLM answers when they are in place. */
const LIMIT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 2000;

export function askWorker(pools: UpstreamPools): AskWorker {
  return async (worker, { path, body }) => {
    const answer = await pools.of(worker, CONNECT_TIMEOUT_MS).request({
      method: "POST",
      path: `${worker.basePath}${path}`,
      headers: { "content-type": "application/json", ...credentials(worker) },
      body,
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    return { status: answer.statusCode, text: await answer.body.text() };
  };
}

function credentials({ key, headers }: Worker): Record<string, string> {
  return { ...(key !== undefined && { authorization: `Bearer ${key}` }), ...headers };
}
