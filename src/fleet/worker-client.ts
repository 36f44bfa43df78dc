// The control-side conversation with one worker: short requests with short limits, never on a user's path.
import { Agent, request } from "undici";
import type { WorkerSpec } from "./worker-spec.ts";

export interface WorkerAnswer {
  readonly status: number;
  readonly text: string;
}

export interface WorkerClient {
  /** Undefined when the worker cannot be reached within the limit. */
  get(path: string, limitMs: number): Promise<WorkerAnswer | undefined>;
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

  async function get(path: string, limitMs: number): Promise<WorkerAnswer | undefined> {
    try {
      const signal = AbortSignal.timeout(limitMs);
      const answer = await request(`${spec.origin}${spec.basePath}${path}`, { dispatcher, headers, signal });
      return { status: answer.statusCode, text: await answer.body.text() };
    } catch {
      return undefined;
    }
  }

  return { get, close: () => dispatcher.destroy() };
}

/** TLS options of undici's connector; empty without TLS settings. */
export function connectTls({ tls }: Pick<WorkerSpec, "tls">): Record<string, unknown> {
  if (tls === undefined) return {};
  return {
    rejectUnauthorized: tls.verify,
    ...(tls.ca !== undefined && { ca: tls.ca }),
    ...(tls.cert !== undefined && { cert: tls.cert }),
    ...(tls.key !== undefined && { key: tls.key }),
    ...(tls.serverName !== undefined && { servername: tls.serverName }),
  };
}
