// What every handler of one engine server shares.
import type { Clock, Random } from "../../core/index.ts";
import type { TextModel, Tokenizer } from "../../tokens/index.ts";
import type { EngineOptions } from "../engine-options.ts";
import type { KvConnector } from "../transfer/kv-connector.ts";
import type { EngineOps } from "../ops/engine-ops.ts";
import type { EnginePort } from "./engine-port.ts";
import type { LoraAdapters } from "./lora-adapters.ts";
import type { NextToken } from "./next-token.ts";

export interface EngineContext {
  readonly options: EngineOptions;
  readonly adapters: LoraAdapters;
  readonly text: TextModel;
  readonly tokenizer: Tokenizer;
  readonly maxModelLen: number;
  readonly engine: EnginePort;
  resetPrefixCache(): boolean;
  readonly ops: EngineOps;
  /** Undefined without --kv-transfer-config. */
  readonly transfer: KvConnector | undefined;
  readonly clock: Clock;
  /** For ids and for sampling without a seed. */
  readonly random: Random;
  readonly next: NextToken;
  /** `vllm-0.32.0-<hash>`, as the server reports itself. */
  readonly fingerprint: string;
  /** Epoch seconds of the start. */
  readonly startedAt: number;
}

/** vLLM's random ids: 16 hex digits. */
export function hexId(random: Random, digits = 16): string {
  let id = "";
  while (id.length < digits) id += random.int(16).toString(16);
  return id;
}

export function epochSeconds(clock: Clock): number {
  return Math.floor(clock.epoch() / 1000);
}
