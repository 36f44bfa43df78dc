// `npm run demo:migration`: one overloaded vLLM becomes a fleet, and a bad release goes back by itself. Real commands, real processes.
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { breach, converted } from "./breach.ts";
import { completes, goesBack, type Stage } from "./shift.ts";
import { chapter, said } from "./story.ts";

const { values } = parseArgs({
  options: {
    /** A few steps, no assessment: what `npm test` runs. */
    short: { type: "boolean", default: false },
    /** Where files and reports go. */
    folder: { type: "string", default: ".switchgear/demo" },
    /** Requests a second. */
    rate: { type: "string" },
  },
});

const folder = resolve(values.folder);
mkdirSync(folder, { recursive: true });
// A dozen processes of the same program are started: compiled once, each begins in half the time.
process.env["NODE_COMPILE_CACHE"] ??= join(folder, "compiled");
/** A server that is slower than the fleet beyond doubt, on any machine: its verdict is not to hang on the noise of a laptop. */
const LONG = { timeScale: 60_000, legacy: { speed: 2, latencyMs: 200 }, tokens: { input: 100, output: 4 } };
const SHORT = { timeScale: 200_000, legacy: { speed: 4, latencyMs: 300 }, tokens: { input: 16, output: 1 } };

const workers = "spec.serving.workers";
const sets = [
  `${workers}.engine=simulated`,
  `${workers}.profile=llama-3.1-70b-h100-tp4-fp8`,
  `${workers}.replicas=2`,
  "spec.tokenizer.source=builtin",
  ...(values.short ? [`${workers}.speed=10`] : [`${workers}.speed=2`]),
];

if (!values.short) await breach();
const stage: Stage = {
  folder,
  fleet: await converted(folder, sets),
  rate: Number(values.rate ?? (values.short ? 150 : 100)),
  minPairs: 850,
  weights: values.short ? [0.5, 1] : undefined,
  probes: !values.short,
  ...(values.short ? SHORT : LONG),
};
await completes(stage);
if (!values.short) await goesBack(stage);
chapter("Done. The reports open in a browser, offline:");
said(`${folder}/completed.html${values.short ? "" : `\n${folder}/rolled-back.html`}`);
