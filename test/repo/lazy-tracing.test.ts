// Without tracing no line of the OpenTelemetry SDK is loaded; with it, the SDK is there.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";

const ROOT = resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "switchgear-lazy-tracing-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Modules that this script loads. */
function loadedBy(script: string): string {
  const list = join(folder, "loaded");
  const hook = pathToFileURL(join(import.meta.dirname, "loaded-files.mjs")).href;
  const argv = ["--import", hook, "--input-type=module", "-e", script];
  execFileSync(process.execPath, argv, { cwd: ROOT, env: { ...process.env, SWITCHGEAR_LOADED: list } });
  return readFileSync(list, "utf8");
}

function opening(enabled: boolean): string {
  return `
    import { openTracing } from "./src/app/open-tracing.ts";
    import "./src/app/index.ts";
    import { createMetrics, silentLog } from "./src/telemetry/index.ts";
    const settings = { enabled: ${enabled}, endpoint: "http://127.0.0.1:9", protocol: "grpc", sampleRatio: 1, parentBased: true };
    const tracing = await openTracing(settings, { metrics: createMetrics(), log: silentLog });
    await tracing?.sink.close();
  `;
}

test("the OpenTelemetry SDK is loaded when tracing is on, and only then", () => {
  const off = loadedBy(opening(false));
  assert.match(off, /src\/app\/serve\.ts/, "the hook sees what is loaded");
  assert.doesNotMatch(off, /@opentelemetry|@grpc/);
  assert.match(loadedBy(opening(true)), /@opentelemetry\/sdk-trace/);
});
