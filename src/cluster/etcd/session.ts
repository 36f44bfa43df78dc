// A lease that is kept alive, and taken anew when it was lost: what this process owns in etcd lives as long as it does.
import type { Clock } from "../../core/index.ts";
import { EtcdRefusal } from "./etcd-answer.ts";
import type { EtcdClient } from "./etcd-client.ts";
import { pause } from "./mirror.ts";

export interface SessionOptions {
  readonly client: EtcdClient;
  readonly clock: Clock;
  readonly ttlSeconds: number;
  /** Another lease is in force: what the one before held is gone, or will be. */
  readonly onLease: (lease: string) => void;
  readonly onError?: (error: unknown) => void;
}

export interface Session {
  /** Undefined before the first, and after one that is over by our own clock. */
  readonly lease: string | undefined;
  /** By `clock`: etcd keeps the lease at least until here. */
  readonly validUntil: number;
  readonly isHealthy: boolean;
  /** Gives the lease back: others need not wait for its end. */
  close(): Promise<void>;
}

export function startSession({ client, clock, ttlSeconds, onLease, onError }: SessionOptions): Session {
  const closing = new AbortController();
  let lease: string | undefined;
  let validUntil = Number.NEGATIVE_INFINITY;
  let isHealthy = false;
  const running = run();

  async function renew(): Promise<void> {
    // From before the call: etcd counts from when it hears of it, which is later.
    const asked = clock.now();
    if (lease !== undefined && (await isKept(lease))) validUntil = asked + 1000 * ttlSeconds;
    else {
      lease = undefined;
      lease = await client.grant(ttlSeconds);
      validUntil = asked + 1000 * ttlSeconds;
      if (!closing.signal.aborted) onLease(lease);
    }
  }

  async function isKept(id: string): Promise<boolean> {
    try {
      return (await client.keepAlive(id)) > 0;
    } catch (error) {
      if (error instanceof EtcdRefusal) return false;
      throw error;
    }
  }

  async function run(): Promise<void> {
    while (!closing.signal.aborted) {
      isHealthy = await renew().then(
        () => true,
        (error: unknown) => {
          onError?.(error);
          return false;
        },
      );
      await pause(clock, isHealthy ? (1000 * ttlSeconds) / 4 : 500, closing.signal);
    }
  }

  return {
    get lease() {
      return clock.now() < validUntil ? lease : undefined;
    },
    get validUntil() {
      return validUntil;
    },
    get isHealthy() {
      return isHealthy;
    },
    async close() {
      closing.abort();
      await running;
      if (lease !== undefined) await client.revoke(lease).catch(() => undefined);
      validUntil = Number.NEGATIVE_INFINITY;
    },
  };
}
