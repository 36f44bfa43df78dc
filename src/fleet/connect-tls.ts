// How a worker's TLS settings are told to a connection.
import type { WorkerSpec } from "./worker-spec.ts";

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
