// A document of a deployment file as text.
import { stringify } from "yaml";

export interface Document {
  readonly kind: "LLMDeployment" | "MigrationPlan";
  readonly name: string;
  readonly spec: object;
}

export function document({ kind, name, spec }: Document): string {
  return stringify({ apiVersion: "llm-d.nvidia.com/v1", kind, metadata: { name }, spec });
}
