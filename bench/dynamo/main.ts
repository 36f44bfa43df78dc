// What `npm run test:dynamo` runs: a migration from a simulated vLLM to a real Dynamo frontend, there and back; the page about it.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { dynamoServer } from "./dynamo-server.ts";
import { dynamoPage, type DynamoRun } from "./page.ts";
import { killed, migrated, probed } from "./run-plan.ts";
import { legacyEngine } from "./legacy-engine.ts";

const { values } = parseArgs({
  options: {
    /** What scripts/dynamo/install.sh printed. */
    installed: { type: "string" },
    /** Files stay there; a temporary folder without it. */
    folder: { type: "string" },
  },
});
if (values.installed === undefined) throw new Error("--installed FOLDER: what scripts/dynamo/install.sh printed");
const { installed } = values;
const folder = values.folder ?? mkdtempSync(join(tmpdir(), "switchgear-dynamo-"));
const log = (text: string): boolean => process.stdout.write(`test:dynamo: ${text}\n`);

const legacy = await legacyEngine(join(installed, "model"));
const dynamo = await dynamoServer({ installed, folder, model: "qwen", workers: 2 });
try {
  log(`Dynamo's frontend at ${dynamo.url}, the legacy at ${legacy.url}`);
  const arms = { legacy: legacy.url, candidate: dynamo.url };
  const probe = await probed(arms);
  log(`probe: ${probe.checks.length} checks, ${probe.failures.length} hard failures`);
  // Its mock workers' cache does not know of salts; whether the check sees it is chance.
  const overrides = [...new Set([...probe.failures, "cache-salt"])];
  const there = await migrated(arms, { overrides, log });
  const back = await killed(arms, { overrides, log, kill: () => dynamo.killMocker() });
  const run: DynamoRun = { probe, there, back };
  writeFileSync(join(import.meta.dirname, "..", "..", "docs", "dynamo-run.md"), dynamoPage(run));
  log("all of it holds; docs/dynamo-run.md is written");
} finally {
  await dynamo.stop();
  await legacy.stop();
  if (values.folder === undefined) rmSync(folder, { recursive: true, force: true });
}
