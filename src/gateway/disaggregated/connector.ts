// What the legs of a split request tell their workers of the KV: vLLM's NIXL connector, or Mooncake's.
import type { Worker } from "../../fleet/index.ts";
import { jsonMembers } from "../../vllm/index.ts";

export interface ConnectorLeg {
  readonly requestId: string;
  readonly worker: Worker;
}

export interface GatewayConnector {
  /** `kv_transfer_params` of the prefill leg, as JSON. */
  ask(leg: ConnectorLeg): string;
  /** The same of the decode leg, from the prefill leg's answer; undefined when it gave none. */
  take(answer: Buffer, leg: ConnectorLeg): string | undefined | Promise<string | undefined>;
}

const ASK = JSON.stringify({
  do_remote_decode: true,
  do_remote_prefill: false,
  remote_engine_id: null,
  remote_block_ids: null,
  remote_host: null,
  remote_port: null,
});

/** The prefill worker's own words, byte for byte. */
export const NIXL: GatewayConnector = {
  ask: () => ASK,
  take(answer) {
    const found = jsonMembers(answer).members.findLast(({ key }) => key === "kv_transfer_params");
    const text = found && answer.toString("utf8", found.valueStart, found.valueEnd);
    return text?.startsWith("{") === true && text.includes('"do_remote_prefill"') ? text : undefined;
  },
};

/** Where an engine's id is asked for; undefined when it does not tell. */
export type EngineIdOf = (worker: Worker) => Promise<string | undefined>;

/** Both sides agree on a name for the transfer; the producer's answer says nothing of it. */
export function mooncake(
  bootstrapPort: number,
  engineIdOf: EngineIdOf = askBootstrap(bootstrapPort),
): GatewayConnector {
  const nameOf = ({ requestId }: ConnectorLeg): string => `xfer-${requestId}`;
  return {
    ask: (leg) => JSON.stringify({ do_remote_decode: true, do_remote_prefill: false, transfer_id: nameOf(leg) }),
    async take(_answer, leg) {
      const engineId = await engineIdOf(leg.worker);
      if (engineId === undefined) return undefined;
      return JSON.stringify({
        do_remote_decode: false,
        do_remote_prefill: true,
        remote_bootstrap_addr: bootstrapOf(leg.worker, bootstrapPort),
        remote_engine_id: engineId,
        transfer_id: nameOf(leg),
      });
    },
  };
}

const LIMIT_MS = 1000;

function bootstrapOf({ origin }: Worker, port: number): string {
  return `http://${new URL(origin).hostname}:${port}`;
}

/** Asked anew for each request: an engine that was restarted has another id. */
function askBootstrap(port: number): EngineIdOf {
  return async (worker) => {
    try {
      const answer = await fetch(`${bootstrapOf(worker, port)}/query`, { signal: AbortSignal.timeout(LIMIT_MS) });
      const told = (await answer.json()) as Readonly<Record<string, { readonly engine_id?: unknown }>>;
      const id = told["0"]?.engine_id;
      return typeof id === "string" ? id : undefined;
    } catch {
      return undefined;
    }
  };
}
