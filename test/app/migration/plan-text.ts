// The plan `move` as a document of a deployment file.
import { stringify } from "yaml";
import type { JsonObject } from "../../config/deployment-text.ts";

/** `spec` says where from and where to. */
export function planText(spec: JsonObject): string {
  return stringify({
    apiVersion: "llm-d.nvidia.com/v1",
    kind: "MigrationPlan",
    metadata: { name: "move" },
    spec,
  });
}

/** From the server at `url` to the deployment `m`, by these weights and without a shadow phase. */
export function steppingPlan(url: string, weights: readonly number[]): string {
  return planText({
    legacy: { url },
    candidate: { deployment: "m" },
    shadow: { enabled: false },
    schedule: { checkIntervalSeconds: 0.1, steps: weights.map((weight) => ({ weight })) },
  });
}
