// The deployment files of the gateways under soak.
import { existsSync } from "node:fs";
import { document } from "../lib/document.ts";
import { QWEN3 } from "../proxy/deployment-text.ts";

export interface SoakDeployment {
  readonly model: string;
  readonly algorithm: string;
  readonly tokenizer: Readonly<Record<string, string>>;
  readonly workers: readonly string[];
  /** Mock workers publish no events; engines tell where theirs are. */
  readonly events: boolean;
}

/** Few, so that they are all in use when the measuring begins: what fills up to its bound is no leak. */
const RECEIPTS = 2000;
const INDEX_BYTES = 4_194_304;

/** A real tokenizer file where there is one. */
export const TOKENIZER: Readonly<Record<string, string>> = existsSync(QWEN3)
  ? { source: "path", path: QWEN3 }
  : { source: "builtin" };

export function soakDeployment({ model, algorithm, tokenizer, workers, events }: SoakDeployment): string {
  return document({
    kind: "LLMDeployment",
    name: model,
    spec: {
      model: { name: model },
      tokenizer,
      serving: {
        strategy: "colocated",
        workers: {
          tensorParallelSize: 4,
          costProfile: "llama-3.1-70b-h100-tp4-bf16",
          endpoints: workers.map((url) => ({ url, ...(!events && { kvEvents: false }) })),
        },
      },
      routing: { algorithm, kvCacheIndex: { maxBytes: INDEX_BYTES } },
      gateway: { receipts: { maxEntries: RECEIPTS } },
    },
  });
}
