// The gateway's own process: CPU, memory, and how late its event loop runs.
import type { Observes } from "./fast-histogram.ts";
import { METRICS } from "./metric-table.ts";
import type { MetricsPage } from "./metrics-page.ts";

const SAMPLE_MS = 100;

export function registerProcess(page: MetricsPage): void {
  page.gauge(METRICS.cpu, (set) => {
    const { user, system } = process.cpuUsage();
    set((user + system) / 1e6);
  });
  page.gauge(METRICS.memory, (set) => set(process.memoryUsage.rss()));
  page.gauge(METRICS.startTime, (set) => set(performance.timeOrigin / 1000));
}

/** Observes by how much a timer is late, ten times a second; returns how to stop. */
export function watchEventLoop(delay: Observes): () => void {
  let due = performance.now() + SAMPLE_MS;
  const timer = setInterval(() => {
    const now = performance.now();
    delay.observe(Math.max(0, now - due) / 1000);
    due = now + SAMPLE_MS;
  }, SAMPLE_MS);
  timer.unref();
  return () => clearInterval(timer);
}
