// One document of a file, with what it takes to say where something in it stands.
import type { YamlDocument } from "./parse-yaml.ts";

export interface DeploymentFile extends YamlDocument {
  readonly file: string;
  /** Relative paths in the document start here; absolute. */
  readonly folder: string;
  readonly place: (offset: number) => { readonly line: number; readonly column: number };
}
