// The tokenizer and chat template of each deployment, loaded before the gateway opens.
import type { Deployment } from "../config/index.ts";
import { loadTextModel, type TextModel } from "../tokens/index.ts";

/** By deployment name; undefined = none wanted. Throws when a stated tokenizer cannot be loaded. */
export async function textModels(
  deployments: readonly Deployment[],
): Promise<ReadonlyMap<string, TextModel | undefined>> {
  const loaded = new Map<string, TextModel | undefined>();
  for (const { name, tokenizer } of deployments) loaded.set(name, await loadTextModel(tokenizer));
  return loaded;
}
