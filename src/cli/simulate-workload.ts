// Options of `switchgear simulate` that say what traffic comes, and the trace that they ask for.
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { Command } from "commander";
import { seededRandom, SwitchgearError, toError } from "../core/index.ts";
import {
  type ArrivalProcess,
  parseTrace,
  sessionTrace,
  shapedTrace,
  syntheticTrace,
  type Trace,
  TRACE_PRESETS,
} from "../workload/index.ts";
import { countOption, countUpTo, numberOption, positiveOption, shareOption } from "./option-values.ts";

/** What fits the memory of a usual machine, and more than any model takes. */
const [MOST_REQUESTS, MOST_TOKENS] = [10_000_000, 1_000_000];

/** Option values as commander gives them. */
export interface WorkloadOptions {
  readonly trace?: string;
  readonly strict: boolean;
  readonly limit?: number;
  readonly generator?: string;
  readonly requests?: number;
  readonly rate?: number;
  readonly arrivals?: string;
  readonly burstiness?: number;
  readonly periodS?: number;
  readonly amplitude?: number;
  readonly burstFactor?: number;
  readonly burstS?: number;
  readonly burstEveryS?: number;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly spread?: number;
  readonly shared?: number;
  readonly groups?: number;
  readonly sessions?: number;
  readonly turns?: number;
  readonly thinkMs?: number;
  readonly systemTokens?: number;
  readonly concurrency?: number;
  readonly seed: string;
}

export function addWorkloadOptions(command: Command): Command {
  const presets = Object.keys(TRACE_PRESETS).join(", ");
  return command
    .option(
      "--trace <file>",
      "replay Mooncake JSONL, Azure CSV, Dynamo's request trace, a recording or our JSONL; .gz too",
    )
    .option("--strict", "fail at the first bad row of the trace", false)
    .option("--limit <n>", "only the first n requests of the trace", countOption)
    .option("--generator <preset>", `replay a generated trace: ${presets}`)
    .option("--requests <n>", "requests to generate (default 2000)", countUpTo(MOST_REQUESTS))
    .option("--rate <per-second>", "generate requests of one kind, or sessions, at this mean rate", positiveOption)
    .option("--arrivals <process>", "with --rate: poisson, gamma, constant, diurnal or burst (default poisson)")
    .option("--burstiness <shape>", "gamma: 1 = Poisson (default), below 1 burstier", positiveOption)
    .option(
      "--period-s <s>",
      "diurnal: length of a day (default 86400); it begins with its quietest time",
      positiveOption,
    )
    .option("--amplitude <share>", "diurnal: the rate goes so far up and down (default 0.5)", shareOption)
    .option("--burst-factor <n>", "burst: times the quiet rate (default 5); the mean is --rate", positiveOption)
    .option("--burst-s <s>", "burst: how long each lasts (default 10)", positiveOption)
    .option("--burst-every-s <s>", "burst: from one's start to the next one's (default 60)", positiveOption)
    .option(
      "--input-tokens <n>",
      "mean prompt length, or a question's in a session (default 512)",
      countUpTo(MOST_TOKENS),
    )
    .option("--output-tokens <n>", "mean answer length (default 256)", countUpTo(MOST_TOKENS))
    .option(
      "--spread <share>",
      "lengths are lognormal with this deviation ÷ mean (default 0.5); not in sessions",
      numberOption,
    )
    .option(
      "--shared <share>",
      "leading share of each prompt common to its group (default 0); not in sessions",
      shareOption,
    )
    .option("--groups <n>", "groups of prompts with a common prefix (default 1)", countUpTo(1_000_000))
    .option(
      "--sessions <n>",
      "generate conversations, each turn's prompt with all that was said before",
      countUpTo(MOST_REQUESTS),
    )
    .option("--turns <n>", "of a session (default 5)", countUpTo(10_000))
    .option("--think-ms <ms>", "mean pause between an answer and the next question (default 5000)", numberOption)
    .option(
      "--system-tokens <n>",
      "system prompt that the sessions of a group share (default 256)",
      countUpTo(MOST_TOKENS),
    );
}

/** Throws SWG_USAGE, SWG_FILE_UNREADABLE or SWG_TRACE_INVALID. */
export function traceOf(options: WorkloadOptions): Trace {
  refuseIdle(options);
  const whole = wholeTrace(options);
  for (const { line, why } of whole.skipped.slice(0, 5))
    process.stderr.write(`${options.trace}:${line}: skipped: ${why}\n`);
  if (whole.skipped.length > 0)
    process.stderr.write(
      `${options.trace}: ${whole.skipped.length} of ${whole.rows.length + whole.skipped.length} rows skipped\n`,
    );
  return options.limit === undefined ? whole : { ...whole, rows: whole.rows.slice(0, options.limit) };
}

/** No option is taken and then ignored. */
function refuseIdle(options: WorkloadOptions): void {
  const { arrivals = "poisson", sessions, trace, rate, strict } = options;
  const sources = SOURCES.filter((one) => options[one] !== undefined);
  if (sources.length > 1) throw usage("--trace, --generator, --sessions", `${sources.length} of them`, "one of them");
  for (const source of sources) refuseBeside(source, options);
  if (strict && trace === undefined) throw usage("--strict", undefined, "--trace beside it");
  if (options.arrivals !== undefined && rate === undefined) throw usage("--arrivals", arrivals, "--rate beside it");
  const needs: [string, string, readonly (number | undefined)[]][] = [
    ["gamma", "--burstiness", [options.burstiness]],
    ["diurnal", "--period-s, --amplitude", [options.periodS, options.amplitude]],
    ["burst", "--burst-factor, --burst-s, --burst-every-s", [options.burstFactor, options.burstS, options.burstEveryS]],
  ];
  for (const [kind, where, values] of needs)
    if (arrivals !== kind && values.some((one) => one !== undefined))
      throw usage(where, `--arrivals ${arrivals}`, `--arrivals ${kind} beside it`);
  if (sessions !== undefined && rate === undefined && options.concurrency === undefined)
    throw usage(
      "--sessions",
      String(sessions),
      "--rate, how often one begins, or --concurrency with --follow-sessions",
    );
  if (sessions === undefined && [options.turns, options.thinkMs, options.systemTokens].some((one) => one !== undefined))
    throw usage("--turns, --think-ms, --system-tokens", undefined, "--sessions beside it");
}

const SOURCES = ["trace", "generator", "sessions"] as const;
const OF_ONE_KIND = ["inputTokens", "outputTokens", "spread", "shared", "groups", "arrivals"] as const;

type Said = readonly (readonly [keyof WorkloadOptions, string?])[];

const OF_TRACES: Said = [
  ["rate", "--speed, for a trace has its own times"],
  ...OF_ONE_KIND.map((key) => [key] as const),
];

/** What a source of traffic says itself, and what to take instead. */
const SAID: Readonly<Record<(typeof SOURCES)[number], Said>> = {
  trace: [["requests", "--limit"], ...OF_TRACES],
  generator: OF_TRACES,
  sessions: [
    ["requests", "--sessions and --turns"],
    ["spread", "--jitter"],
    ["shared", "--system-tokens"],
  ],
};

function refuseBeside(source: (typeof SOURCES)[number], options: WorkloadOptions): void {
  for (const [key, instead] of SAID[source])
    if (options[key] !== undefined)
      throw usage(flagOf(key), String(options[key]), instead ?? `nothing of it beside --${source}`);
}

function flagOf(key: string): string {
  return `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function wholeTrace(options: WorkloadOptions): Trace {
  const { trace, generator, sessions } = options;
  if (trace !== undefined) return parseTrace(readTrace(trace), { file: trace, strict: options.strict });
  if (generator !== undefined) return generated(options, generator);
  if (sessions !== undefined) return conversations(options, sessions);
  if (options.rate === undefined && options.concurrency === undefined)
    throw usage("--trace", undefined, "--trace, --generator, --rate, --sessions or --concurrency");
  const { requests = 2000, spread = 0.5, shared: sharedShare = 0 } = options;
  const arrivals = arrivalsOf(options);
  return shapedTrace({ ...options, ...lengthsOf(options), requests, spread, sharedShare, arrivals, jitter: 0 });
}

function lengthsOf({ inputTokens = 512, outputTokens = 256, groups = 1 }: WorkloadOptions): {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly groups: number;
} {
  return { inputTokens, outputTokens, groups };
}

function generated({ requests = 2000, seed }: WorkloadOptions, name: string): Trace {
  const preset = Object.keys(TRACE_PRESETS).find((one): one is keyof typeof TRACE_PRESETS => one === name);
  if (preset === undefined) throw usage("--generator", name, Object.keys(TRACE_PRESETS).join(", "));
  return syntheticTrace({ preset, requests, random: seededRandom(seed) });
}

/** Their lengths are made uneven by --jitter alone, like a trace's. */
function conversations(options: WorkloadOptions, sessions: number): Trace {
  const { turns = 5, thinkMs = 5000, systemTokens = 256 } = options;
  const asked = { sessions, turns, thinkMs, systemTokens, arrivals: arrivalsOf(options) };
  return sessionTrace({ ...options, ...lengthsOf(options), ...asked, jitter: 0 });
}

function arrivalsOf(options: WorkloadOptions): ArrivalProcess {
  const { arrivals = "poisson", rate: ratePerSecond = 1 } = options;
  switch (arrivals) {
    case "poisson":
    case "constant":
      return { kind: arrivals, ratePerSecond };
    case "gamma":
      return { kind: arrivals, ratePerSecond, burstiness: options.burstiness ?? 1 };
    case "diurnal": {
      const { periodS = 86_400, amplitude = 0.5 } = options;
      return { kind: arrivals, ratePerSecond, periodMs: 1000 * periodS, amplitude };
    }
    case "burst": {
      const { burstFactor = 5, burstS = 10, burstEveryS = 60 } = options;
      if (burstS > burstEveryS) throw usage("--burst-s", `${burstS} s`, `at most --burst-every-s, ${burstEveryS} s`);
      return {
        kind: arrivals,
        ratePerSecond,
        factor: burstFactor,
        burstMs: 1000 * burstS,
        everyMs: 1000 * burstEveryS,
      };
    }
    default:
      throw usage("--arrivals", arrivals, "poisson, gamma, constant, diurnal or burst");
  }
}

function readTrace(file: string): string {
  try {
    const bytes = readFileSync(file);
    const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b;
    return (isPacked ? gunzipSync(bytes) : bytes).toString("utf8");
  } catch (cause) {
    throw new SwitchgearError("SWG_FILE_UNREADABLE", `The trace ${file} cannot be read: ${toError(cause).message}`, {
      where: file,
      cause,
    });
  }
}

function usage(where: string, value: string | undefined, expected: string): SwitchgearError {
  return new SwitchgearError("SWG_USAGE", "The traffic is not possible as asked.", { where, value, expected });
}
