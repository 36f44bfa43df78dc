// A process with a collector that hangs ends all the same, within the limit.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { within } from "../../gateway/harness.ts";
import { grpcCollector, httpCollector } from "./collectors.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const LIMIT_MS = 10_000;

const START = {
  grpc: () => grpcCollector({ reply: false }),
  http: () => httpCollector(() => undefined),
} as const;

for (const protocol of ["grpc", "http"] as const) {
  test(`closing with a collector that hangs ends the process (${protocol})`, async () => {
    const collector = await START[protocol]();
    const script = `
      import { createMetrics, openSpanSink, silentLog } from "./src/telemetry/index.ts";
      const metrics = createMetrics();
      const collector = { protocol: "${protocol}", endpoint: "${collector.endpoint}" };
      const sink = await openSpanSink({ collector, resource: {}, metrics, log: silentLog, limits: { exportMs: 300 } });
      const ids = { traceId: "a".repeat(32), spanId: "b".repeat(16), parentSpanId: undefined, remoteParent: false };
      const span = { name: "x", kind: "server", start: 0, end: 1, attributes: {}, events: [], errorType: undefined };
      sink.add([{ ...ids, ...span }]);
      await sink.close();
      console.log(await metrics.page());
    `;
    const argv = ["--input-type=module", "-e", script];
    const run = promisify(execFile)(process.execPath, argv, { cwd: ROOT });
    const { stdout } = await within(run, "the end of the process", LIMIT_MS);
    assert.equal(collector.spans.length, 1, "it was sent");
    assert.match(stdout, /switchgear_trace_spans_total\{result="failed"\} 1/);
  });
}
