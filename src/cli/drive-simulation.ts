// Runs simulations in pieces, so that progress is told and Ctrl-C is heard in between.
import { setImmediate } from "node:timers/promises";
import { type Scenario, scenarioSteps, type SimulationResult } from "../simulator/index.ts";
import { progressLine } from "./simulate-progress.ts";

export interface SimulationDriver {
  /** Ctrl-C came; the run that was under way ended early. */
  readonly stopped: boolean;
  run(scenario: Scenario, name: string): Promise<SimulationResult>;
  /** Gives the terminal and Ctrl-C back. */
  end(): void;
}

export interface DriverOptions {
  /** How many there will be, if that is known. */
  readonly runs: number | undefined;
  /** Progress also where no terminal is. */
  readonly alwaysShow: boolean;
}

const REDRAW_MS = 200;
const LINE_MS = 1000;
/** How long a signal may wait. */
const HEAR_MS = 50;

export function simulationDriver({ runs, alwaysShow }: DriverOptions): SimulationDriver {
  const { isTTY } = process.stderr;
  const everyMs = isTTY ? REDRAW_MS : alwaysShow ? LINE_MS : Number.POSITIVE_INFINITY;
  let [drawnAt, heardAt, run] = [Number.NEGATIVE_INFINITY, 0, 0];
  let stopped = false;
  const stop = (): void => void (stopped = true);
  // A second one ends the process, as it does elsewhere.
  process.once("SIGINT", stop);

  function draw(line: string): void {
    process.stderr.write(isTTY ? `\r\u001B[K${line}` : `${line}\n`);
  }

  return {
    get stopped() {
      return stopped;
    },
    async run(scenario, name) {
      const steps = scenarioSteps(scenario);
      const began = performance.now();
      const total = scenario.trace.rows.length;
      for (let step = steps.next(false); ; step = steps.next(stopped)) {
        if (step.done === true) {
          run++;
          return step.value;
        }
        const now = performance.now();
        const { atMs: simulatedMs, requests } = step.value;
        if (Number.isFinite(everyMs) && now - drawnAt >= everyMs) {
          drawnAt = now;
          draw(progressLine({ name, run, runs, simulatedMs, requests, total, wallMs: now - began }));
        }
        if (now - heardAt < HEAR_MS) continue;
        await setImmediate();
        heardAt = performance.now();
      }
    },
    end() {
      process.off("SIGINT", stop);
      if (isTTY) process.stderr.write("\r\u001B[K");
    },
  };
}
