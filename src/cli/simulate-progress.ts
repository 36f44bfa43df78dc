// One line on a terminal that tells how a simulation goes, and Ctrl-C: what has come so far is printed.
import { runScenario, type Scenario, type SimulationResult } from "../simulator/index.ts";

export interface SimulateProgress {
  run(scenario: Scenario, name: string): SimulationResult;
  end(): void;
}

const REDRAW_MS = 200;

export function simulateProgress(): SimulateProgress {
  const shows = process.stderr.isTTY;
  let drawnAt = 0;

  /** The loop never yields, so a signal cannot be heard: Ctrl-C ends the process, as it does elsewhere. */
  function draw(scenario: Scenario, name: string, at: { readonly ms: number; readonly requests: number }): void {
    const now = performance.now();
    if (!shows || now - drawnAt < REDRAW_MS) return;
    drawnAt = now;
    const total = scenario.trace.rows.length;
    const percent = ((100 * at.requests) / total).toFixed(0);
    process.stderr.write(
      `\r\u001B[K${name}: ${(at.ms / 1000).toFixed(0)} s simulated, ${at.requests} of ${total} requests (${percent} %)`,
    );
  }

  return {
    run: (scenario, name) =>
      runScenario(scenario, (ms, requests) => {
        draw(scenario, name, { ms, requests });
        return false;
      }),
    end() {
      if (shows) process.stderr.write("\r\u001B[K");
    },
  };
}
