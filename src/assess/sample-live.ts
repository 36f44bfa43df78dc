// A live /metrics page read again and again over a window.
import type { Clock } from "../core/index.ts";
import { SwitchgearError } from "../core/index.ts";
import { fetchText, shownUrl } from "./fetch-text.ts";
import { isVllmPage, readSnapshot, type Snapshot } from "./snapshot.ts";

export interface LiveOptions {
  readonly url: string;
  /** Of a DCGM exporter. */
  readonly gpuUrl: string | undefined;
  readonly windowMs: number;
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly onReading: (done: number, of: number) => void;
}

const TIMEOUT_MS = 10_000;

export async function sampleLive(options: LiveOptions): Promise<Snapshot[]> {
  const { windowMs, intervalMs, clock, onReading } = options;
  const count = Math.max(2, Math.round(windowMs / intervalMs) + 1);
  const started = clock.now();
  const snapshots: Snapshot[] = [];
  for (let i = 0; i < count; i++) {
    await until(clock, started + (i * windowMs) / (count - 1));
    snapshots.push(await readOnce(options));
    onReading(i + 1, count);
  }
  return snapshots;
}

async function readOnce({ url, gpuUrl, clock }: LiveOptions): Promise<Snapshot> {
  const page = await fetchText(url, { timeoutMs: TIMEOUT_MS });
  const at = clock.epoch();
  const gpuPage = gpuUrl === undefined ? page : await fetchText(gpuUrl, { timeoutMs: TIMEOUT_MS });
  const snapshot = readSnapshot(page, at, gpuPage);
  if (isVllmPage(snapshot)) return snapshot;
  const hint = "the engine's figures are off with --disable-log-stats";
  throw new SwitchgearError("SWG_METRICS_UNUSABLE", "this is no /metrics page of vLLM", {
    where: shownUrl(url),
    expected: "families that begin with vllm:",
    hint,
  });
}

/** A pending timer must keep the command alive, which the clock's do not. */
async function until(clock: Clock, at: number): Promise<void> {
  const left = at - clock.now();
  if (left <= 0) return;
  const awake = setInterval(() => undefined, 1000);
  await new Promise<void>((resolve) => clock.after(left, resolve));
  clearInterval(awake);
}
