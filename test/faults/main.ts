// `npm run test:faults`: runs the fault suite; `--seed N` replays a run, `--prefill 3` makes three of the workers prefill workers, `--seconds 600 --write` writes docs/reliability.md.
import { parseArgs } from "node:util";
import { writePage } from "./page.ts";
import { faultRun, type RunResult } from "./run.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    seconds: { type: "string", default: "60" },
    workers: { type: "string", default: "6" },
    prefill: { type: "string", default: "0" },
    clients: { type: "string", default: "24" },
    /** File for the gateway's log, instead of a disk that is full. */
    log: { type: "string" },
    write: { type: "boolean", default: false },
  },
});

const result = await faultRun({
  seed: Number(values.seed),
  durationMs: Number(values.seconds) * 1000,
  workers: Number(values.workers),
  prefill: Number(values.prefill),
  clients: Number(values.clients),
  log: values.log,
  say: (line) => void process.stdout.write(`${line}\n`),
});
show(result);
if (values.write) writePage(result);
process.exitCode = result.violations.length === 0 ? 0 : 1;

function show({ violations, faults, ...rest }: RunResult): void {
  process.stdout.write(`${JSON.stringify(rest, null, 2)}\n`);
  process.stdout.write(`${Object.values(faults).reduce((sum, one) => sum + one, 0)} faults\n`);
  for (const line of violations) process.stdout.write(`BROKEN  ${line}\n`);
  process.stdout.write(
    violations.length === 0
      ? "all held\n"
      : `replay: npm run test:faults -- --seed ${rest.seed} --prefill ${values.prefill}\n`,
  );
}
