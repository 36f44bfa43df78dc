// Runs a program of the clone (`node scripts/run.js FILE …`) on the pinned Node, or says in one line why it cannot. Plain JS that parses on old versions.
import { pathToFileURL } from "node:url";
import { major } from "./pinned.js";

major();
process.argv.splice(1, 1);
await import(pathToFileURL(process.argv[1]).href);
