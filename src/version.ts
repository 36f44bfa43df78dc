// The version of this package, as printed, logged and sent to workers.
import { readFileSync } from "node:fs";

/** Read at start-up: the manifest stands one folder above both src/ and dist/. */
export const VERSION: string = readVersion();

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  const version: unknown =
    typeof manifest === "object" && manifest !== null ? Reflect.get(manifest, "version") : undefined;
  return typeof version === "string" ? version : "0.0.0";
}
