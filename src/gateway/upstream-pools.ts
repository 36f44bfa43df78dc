// One pool of connections per worker; sockets go before the worker would close them.
import { Pool } from "undici";
import { connectTls, type Worker } from "../fleet/offline.ts";

type PooledWorker = Pick<Worker, "id" | "origin" | "tls">;

export interface UpstreamPools {
  of(worker: PooledWorker, connectTimeoutMs: number): Pool;
  /** The worker has left; its connections are of no more use. */
  forget(worker: string): void;
  close(): Promise<void>;
}

/** vLLM (uvicorn) closes idle sockets after 5 s; a request on a socket that is just being closed is lost. */
const KEEP_ALIVE_MS = 3000;

export function upstreamPools(): UpstreamPools {
  const pools = new Map<string, Pool>();
  return {
    of(worker, connectTimeoutMs) {
      const known = pools.get(worker.id);
      if (known) return known;
      const pool = new Pool(worker.origin, {
        connections: null,
        pipelining: 1,
        keepAliveTimeout: KEEP_ALIVE_MS,
        keepAliveMaxTimeout: KEEP_ALIVE_MS,
        // All limits but the one on connecting are kept by `leg-watch`, with one timer for all legs.
        headersTimeout: 0,
        bodyTimeout: 0,
        allowH2: false,
        connect: { timeout: connectTimeoutMs, ...connectTls(worker) },
      });
      pools.set(worker.id, pool);
      return pool;
    },
    forget(worker) {
      const known = pools.get(worker);
      pools.delete(worker);
      void known?.close();
    },
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()));
      pools.clear();
    },
  };
}
