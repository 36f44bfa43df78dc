// Runs one load and prints its figures.
import { readFileSync, writeFileSync } from "node:fs";
import { realClock, seededRandom, SwitchgearError } from "../core/index.ts";
import {
  arrivalTimes,
  type ArrivalProcess,
  type LoadClient,
  loadClient,
  loadReport,
  loadTable,
  parseTrace,
  type PlannedRequest,
  type RequestSample,
  runLoad,
  runSessions,
  summarize,
  syntheticPlan,
  syntheticTrace,
  type Trace,
  TRACE_PRESETS,
  tracePlan,
} from "../workload/index.ts";
import type { BenchOptions } from "./bench.ts";
import { benchProgress } from "./bench-progress.ts";

/** Resolves to the exit code. */
export async function runBench(options: BenchOptions): Promise<number> {
  checkUrl(options.url);
  const key = options.keyEnv === undefined ? undefined : process.env[options.keyEnv];
  if (options.keyEnv !== undefined && !key)
    throw usage(`environment variable ${options.keyEnv} is not set`, "--key-env");
  const startedAt = realClock.now();
  const client = loadClient({ url: options.url, key, clock: realClock, startedAt, timeoutMs: options.timeoutMs });
  const samples: RequestSample[] = [];
  const progress = benchProgress(samples, expectedRequests(options));
  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  process.once("SIGINT", interrupt);
  try {
    await drive(options, { client, startedAt, signal: stop.signal, onSample: (sample) => void samples.push(sample) });
  } finally {
    process.off("SIGINT", interrupt);
    progress.end();
    await client.close();
  }
  if (samples.length === 0) throw usage("nothing was sent", "--requests");
  return report(options, samples);
}

interface Drive {
  readonly client: LoadClient;
  readonly startedAt: number;
  readonly signal: AbortSignal;
  readonly onSample: (sample: RequestSample) => void;
}

async function drive(options: BenchOptions, { client, startedAt, signal, onSample }: Drive): Promise<void> {
  const random = seededRandom(options.seed);
  if (options.sessions !== undefined) {
    await runSessions({
      ...options,
      client,
      startedAt,
      signal,
      onSample,
      random,
      sessions: options.sessions,
      clock: realClock,
    });
    return;
  }
  const plan = planOf(options);
  await runLoad({ client, plan, startedAt, signal, onSample, clock: realClock, concurrency: options.concurrency });
}

function planOf(options: BenchOptions): Iterator<PlannedRequest> {
  const trace = traceOf(options);
  if (trace !== undefined)
    return tracePlan(trace, { ...options, maxInputTokens: options.maxInputTokens ?? Number.POSITIVE_INFINITY });
  const random = seededRandom(`${options.seed} plan`);
  const times =
    options.concurrency === undefined
      ? arrivalTimes(arrivalsOf(options), options.requests, random)
      : new Float64Array(options.requests);
  return syntheticPlan({ ...options, times, random, sharedShare: options.shared });
}

function traceOf(options: BenchOptions): Trace | undefined {
  const whole =
    options.trace === undefined
      ? generated(options)
      : parseTrace(readTrace(options.trace), { file: options.trace, strict: options.strict });
  if (whole === undefined) return undefined;
  for (const { line, why } of whole.skipped.slice(0, 5))
    process.stderr.write(`${options.trace}:${line}: skipped: ${why}\n`);
  if (whole.skipped.length > 5) process.stderr.write(`${options.trace}: ${whole.skipped.length} rows skipped in all\n`);
  return options.limit === undefined ? whole : { ...whole, rows: whole.rows.slice(0, options.limit) };
}

function generated({ generator, requests, limit, seed }: BenchOptions): Trace | undefined {
  if (generator === undefined) return undefined;
  const preset = Object.keys(TRACE_PRESETS).find((name): name is keyof typeof TRACE_PRESETS => name === generator);
  if (preset === undefined)
    throw usage(`unknown generator ${generator}`, "--generator", Object.keys(TRACE_PRESETS).join(", "));
  return syntheticTrace({ preset, requests: limit ?? requests, random: seededRandom(seed) });
}

function arrivalsOf({ arrivals, rate, burstiness }: BenchOptions): ArrivalProcess {
  if (rate === undefined)
    throw usage("how to send is not said", "--rate", "--rate, --concurrency, --trace, --generator or --sessions");
  if (arrivals === "poisson" || arrivals === "constant") return { kind: arrivals, ratePerSecond: rate };
  if (arrivals === "gamma") return { kind: "gamma", ratePerSecond: rate, burstiness };
  throw usage(`unknown arrival process ${arrivals}`, "--arrivals", "poisson, gamma or constant");
}

function expectedRequests(options: BenchOptions): number | undefined {
  if (options.sessions !== undefined) return options.sessions * options.turns;
  return options.trace === undefined ? (options.limit ?? options.requests) : options.limit;
}

function report(options: BenchOptions, samples: readonly RequestSample[]): number {
  const summary = summarize(samples, { ttftMs: options.sloTtftMs, tpotMs: options.sloTpotMs, e2eMs: options.sloE2eMs });
  process.stdout.write(options.json ? `${JSON.stringify(summary, null, 2)}\n` : `${loadTable(summary)}\n`);
  if (options.html !== undefined) {
    const command = `switchgear ${process.argv.slice(2).join(" ")}`;
    writeFileSync(options.html, loadReport({ title: `Load on ${options.model}`, command, summary, samples }));
    process.stderr.write(`report: ${options.html}\n`);
  }
  if (options.expectGoodput !== undefined) return summary.goodputFraction >= options.expectGoodput ? 0 : 1;
  return summary.failed === 0 ? 0 : 1;
}

function readTrace(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new SwitchgearError("SWG_FILE_UNREADABLE", `the trace ${file} cannot be read`, { where: file, cause });
  }
}

function checkUrl(url: string): void {
  const protocol = URL.canParse(url) ? new URL(url).protocol : "";
  if (protocol !== "http:" && protocol !== "https:") throw usage(`${url} is not a URL`, "--url", "http://host:port");
}

function usage(message: string, where: string, expected?: string): SwitchgearError {
  return new SwitchgearError("SWG_USAGE", message, { where, ...(expected !== undefined && { expected }) });
}
