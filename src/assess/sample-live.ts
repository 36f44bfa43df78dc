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
  // A window may be a day: one reading that fails does not cost the others.
  const failed: unknown[] = [];
  for (let i = 0; i < count; i++) {
    await until(clock, started + (i * windowMs) / (count - 1));
    await readOnce(options).then(
      (one) => snapshots.push(one),
      (error: unknown) => failed.push(error),
    );
    if (snapshots.length === 0) throw failed[0];
    onReading(i + 1, count);
  }
  if (snapshots.length === 1) throw failed[0];
  return snapshots;
}

async function readOnce({ url: given, gpuUrl, clock }: LiveOptions): Promise<Snapshot> {
  const url = pageUrl(given);
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

/** The address of a server alone means its page. */
function pageUrl(url: string): string {
  const parsed = URL.parse(url);
  return parsed?.pathname === "/" ? new URL("/metrics", parsed).href : url;
}

/** A pending timer must keep the command alive, which the clock's do not. */
async function until(clock: Clock, at: number): Promise<void> {
  const left = at - clock.now();
  if (left <= 0) return;
  const awake = setInterval(() => undefined, 1000);
  await new Promise<void>((resolve) => clock.after(left, resolve));
  clearInterval(awake);
}
