// The tokenizer source of a deployment → tokenizer and template.
import { stat } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fetchFromHub, type HubOptions } from "./hub.ts";
import { loadTokenizerFolder } from "./load-tokenizer.ts";
import { builtinTextModel, type TextModel } from "./text-model.ts";

export type TokenizerSource =
  | { readonly source: "builtin" }
  /** A folder in the Hugging Face layout, or its tokenizer.json. */
  | { readonly source: "path"; readonly path: string }
  | { readonly source: "hub"; readonly repository: string; readonly revision?: string | undefined }
  /** No ids: routing goes by text chunks. */
  | { readonly source: "none" };

/** Undefined for `none`. Throws SwitchgearErrors that name the file or URL. */
export async function loadTextModel(
  source: TokenizerSource,
  hub: HubOptions = hubFromEnvironment(process.env),
): Promise<TextModel | undefined> {
  switch (source.source) {
    case "builtin":
      return builtinTextModel();
    case "path":
      return loadTokenizerFolder(await folderOf(source.path));
    case "hub":
      return loadTokenizerFolder(await fetchFromHub(source.repository, { ...hub, revision: source.revision }));
    case "none":
      return undefined;
  }
}

/** HF_ENDPOINT, HF_TOKEN, and a cache of our own: the layout of Hugging Face's is theirs to change. */
export function hubFromEnvironment(environment: NodeJS.ProcessEnv): HubOptions {
  const caches = environment["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  return {
    endpoint: environment["HF_ENDPOINT"] || undefined,
    token: environment["HF_TOKEN"] || undefined,
    cacheFolder: join(caches, "switchgear", "hub"),
  };
}

async function folderOf(path: string): Promise<string> {
  const isFile = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
  return isFile ? dirname(path) : path;
}
