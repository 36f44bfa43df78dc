// Where the code of a thread is: source in a clone, compiled in a package.

/** `path` without its extension, as a file of the same kind as `importer`. */
export function threadFile(path: string, importer: string): string {
  return `${path}${importer.endsWith(".ts") ? ".ts" : ".js"}`;
}
