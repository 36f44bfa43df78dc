// A process that runs a plan and kills itself at the k-th write point: `node killed-runner.ts LOG K`. 0 never kills.
import { writeSync } from "node:fs";
import { makePlan, openPlanLog, planRunner } from "../../../src/migration/index.ts";
import { virtualClock } from "../../../src/core/index.ts";
import type { PlanEvent } from "../../../src/migration/plan/event.ts";
import { type PlanLog } from "../../../src/migration/plan/log-file.ts";
import { counts } from "./scenario.ts";

const [path = "", killAt = "0"] = process.argv.slice(2);
let point = 0;

function writePoint(): void {
  point++;
  if (point === Number(killAt)) process.kill(process.pid, "SIGKILL");
}

const file = openPlanLog(path);
const log: PlanLog = {
  records: file.records,
  get length() {
    return file.length;
  },
  append(record, durable) {
    writePoint();
    file.append(record, durable);
    writePoint();
  },
  restart(record) {
    writePoint();
    file.restart(record);
    writePoint();
  },
  close: () => file.close(),
};

const clock = virtualClock();
const plan = makePlan({ name: "p", shadow: false, steps: [{ weight: 0.5 }, { weight: 1 }] });
const runner = planRunner({
  log,
  clock,
  plan,
  snapshotEvery: 7,
  apply(effect, dispatch) {
    if (effect.type !== "setWeight") return;
    writePoint();
    writeSync(1, `${JSON.stringify(effect)}\n`);
    writePoint();
    dispatch({ type: "weightApplied", seq: effect.seq });
  },
});

const events: readonly PlanEvent[] = [
  { type: "command", actor: "a", command: { name: "start" } },
  { type: "preflight", failures: [] },
  { type: "tick" },
  { type: "evidence", evidence: { interval: { legacy: counts(50), candidate: counts(50) } } },
  { type: "command", actor: "a", command: { name: "set", weight: 0.7 } },
  { type: "evidence", evidence: { breaker: "breaker: 2 active probes in a row failed" } },
];
for (const event of events) {
  clock.advance(30_000);
  runner.dispatch(event);
}
writeSync(1, `${JSON.stringify({ points: point })}\n`);
