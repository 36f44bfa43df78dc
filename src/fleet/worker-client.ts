// The control-side conversation with one worker: short requests with short limits, never on a user's path.
import { Agent, request } from "undici";
import { toError } from "../core/index.ts";
import { connectTls } from "./connect-tls.ts";
import type { WorkerSpec } from "./worker-spec.ts";

export interface WorkerAnswer {
  readonly status: number;
  readonly text: string;
}

export interface WorkerClient {
  /** Undefined when the worker cannot be reached within the limit; `onFailure` is told why. */
  get(path: string, limitMs: number, onFailure?: (why: string) => void): Promise<WorkerAnswer | undefined>;
  close(): Promise<void>;
}

/** Larger answers are cut off as unreachable: a metrics page is about 82 KB. */
const ANSWER_LIMIT = 8 << 20;

export function workerClient(spec: WorkerSpec): WorkerClient {
  const dispatcher = new Agent({
    connections: 1,
    // vLLM closes idle sockets after 5 s; ours must go first.
    keepAliveTimeout: 2000,
    keepAliveMaxTimeout: 2000,
    connect: { timeout: 1500, ...connectTls(spec) },
    maxResponseSize: ANSWER_LIMIT,
  });
  const headers = { ...(spec.key !== undefined && { authorization: `Bearer ${spec.key}` }), ...spec.headers };

  async function get(
    path: string,
    limitMs: number,
    onFailure?: (why: string) => void,
  ): Promise<WorkerAnswer | undefined> {
    try {
      const signal = AbortSignal.timeout(limitMs);
      const answer = await request(`${spec.origin}${spec.basePath}${path}`, { dispatcher, headers, signal });
      return { status: answer.statusCode, text: await answer.body.text() };
    } catch (error) {
      onFailure?.(failureText(toError(error), limitMs));
      return undefined;
    }
  }

  return { get, close: () => dispatcher.destroy() };
}

/** Its message names addresses, its code says what happened: `ECONNREFUSED`, `ENOTFOUND`, `CERT_HAS_EXPIRED`. */
function failureText(error: Error, limitMs: number): string {
  if (error.name === "TimeoutError") return `no answer within ${limitMs} ms`;
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined ? error.name : `no connection: ${code}`;
}
