// The tokenizer source of a deployment → tokenizer and template.
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { fetchFromHub, type HubOptions } from "./hub.ts";
import { loadTokenizerFolder } from "./load-tokenizer.ts";
import { builtinTextModel, type TextModel } from "./text-model.ts";

export type TokenizerSource =
  | { readonly kind: "builtin" }
  /** A folder in the Hugging Face layout, or its tokenizer.json. */
  | { readonly kind: "path"; readonly path: string }
  | ({ readonly kind: "hub"; readonly model: string } & HubOptions)
  /** No ids: routing goes by text chunks. */
  | { readonly kind: "none" };

/** Undefined for `none`. Throws SwitchgearErrors that name the file or URL. */
export async function loadTextModel(source: TokenizerSource): Promise<TextModel | undefined> {
  switch (source.kind) {
    case "builtin":
      return builtinTextModel();
    case "path":
      return loadTokenizerFolder(await folderOf(source.path));
    case "hub":
      return loadTokenizerFolder(await fetchFromHub(source.model, source));
    case "none":
      return undefined;
  }
}

async function folderOf(path: string): Promise<string> {
  const isFile = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
  return isFile ? dirname(path) : path;
}
