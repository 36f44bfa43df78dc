// The guard: development scripts run only on the pinned major of Node. Plain JS that parses on old versions.
import { readFileSync } from "node:fs";

/** Ends the process with one clear line when this is not the pinned Node. */
export function major() {
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  const wanted = manifest.devDependencies.node.split(".")[0];
  const found = process.versions.node.split(".")[0];
  if (found === wanted) return;
  process.stderr.write(
    `switchgear: expected Node ${wanted}, found ${process.versions.node} at ${process.execPath}; start through npm (npm start, npm test), without --ignore-scripts\n`,
  );
  process.exit(2);
}
