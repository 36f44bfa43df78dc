// The log of workers: a lost one is a warning that says why, one that never came up is told once.
import assert from "node:assert/strict";
import { test } from "node:test";
import { logWorkers } from "../../src/app/log-workers.ts";
import type { Fleet, Worker } from "../../src/fleet/index.ts";
import { createMetrics, type Log } from "../../src/telemetry/index.ts";

test("a lost worker is a warning with what was found; a wrong address is seen in the log", () => {
  const lines: string[] = [];
  const write = (level: string) => (fields: object, message: string) =>
    lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  const log = { info: write("info"), warn: write("warn") } as unknown as Log;
  let tell: ((worker: Worker) => void) | undefined;
  const fleet = {
    onChange: (listener: typeof tell) => (tell = listener),
    mismatches: () => [],
  } as unknown as Fleet;
  logWorkers(fleet, log, createMetrics());
  const trouble = "GET /health: no connection: ECONNREFUSED";
  const one = (state: Worker["state"], found?: string): void => tell?.({ id: "w", state, trouble: found } as Worker);
  one("starting", trouble);
  one("ready");
  one("dead", trouble);
  one("ready", trouble);
  assert.deepEqual(lines, [
    `info worker is not up yet {"worker":"w","trouble":"${trouble}"}`,
    `info worker state {"worker":"w","before":"starting","state":"ready"}`,
    `warn worker state {"worker":"w","before":"ready","state":"dead","trouble":"${trouble}"}`,
    `info worker state {"worker":"w","before":"dead","state":"ready"}`,
  ]);
});
