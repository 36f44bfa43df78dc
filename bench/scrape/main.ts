// What a scrape costs: the time to make the page, and to fetch it over HTTP, with 100 workers and 4 models. `node bench/scrape/main.ts`
import { startMetricsServer } from "../../src/telemetry/index.ts";
import { filledMetrics } from "./filled.ts";

const ROUNDS = 200;
const SHAPE = { workers: 100, models: 4 };

const metrics = filledMetrics(SHAPE);
const server = await startMetricsServer({ host: "127.0.0.1", port: 0 }, metrics);
const url = `http://127.0.0.1:${server.port}/metrics`;
const page = await metrics.page();
const made = await times(() => metrics.page());
const fetched = await times(async () => (await fetch(url)).text());
await server.close();
const lines = page.split("\n").length;
process.stdout.write(`${SHAPE.workers} workers, ${SHAPE.models} models: ${lines} lines, ${page.length} bytes\n`);
process.stdout.write(`made: ${shown(made)}\nfetched: ${shown(fetched)}\n`);

async function times(act: () => Promise<unknown>): Promise<number[]> {
  const all: number[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    const started = performance.now();
    await act();
    all.push(performance.now() - started);
  }
  return all.sort((a, b) => a - b);
}

function shown(sorted: readonly number[]): string {
  const at = (share: number): string => (sorted[Math.floor(share * (sorted.length - 1))] ?? NaN).toFixed(2);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, worst ${at(1)} ms`;
}
