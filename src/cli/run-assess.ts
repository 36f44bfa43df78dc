// Reads the sources of `assess`, prints the answer.
import { readFileSync, statSync } from "node:fs";
import {
  assess,
  type FieldsFile,
  isVllmPage,
  observe,
  type Observation,
  observePrometheus,
  parseFieldsFile,
  readRecording,
  type Recording,
  readSnapshot,
  sampleLive,
  simulatedWhatIf,
  type Slo,
  type Snapshot,
  type WhatIfRunner,
} from "../assess/index.ts";
import { realClock, SwitchgearError, urlParts } from "../core/index.ts";
import type { AssessOptions } from "./assess.ts";
import { assessmentText } from "./assessment-text.ts";

const ANSWERED = 0;
const OTHER_ANSWER = 1;
const NEEDS_A_PERSON = 3;

/** The exit code. */
export async function runAssess(options: AssessOptions): Promise<number> {
  const fields = options.fields === undefined ? undefined : parseFieldsFile(options.fields, readFile(options.fields));
  const slo = sloOf(options, fields);
  const observation = await observationOf(options);
  const recording =
    options.recording === undefined ? undefined : readRecording(options.recording, readFile(options.recording));
  if (observation === undefined && fields === undefined && recording === undefined) {
    const expected = "--metrics, --metrics-file, --prometheus, --recording or --fields";
    throw new SwitchgearError("SWG_USAGE", "nothing to assess", { where: "switchgear assess", expected });
  }
  const { force, tenants } = options;
  const whatIf = whatIfOf(options, recording);
  const assessment = await assess({ observation, fields, recording, slo, force, tenants, whatIf });
  process.stdout.write(options.json ? `${JSON.stringify(assessment, replacer, 2)}\n` : assessmentText(assessment));
  if (options.expect !== undefined && options.expect !== assessment.answer) return OTHER_ANSWER;
  return assessment.answer === "INSUFFICIENT_DATA" ? NEEDS_A_PERSON : ANSWERED;
}

const SEED = "what-if";

function whatIfOf({ profile, gpuPrice }: AssessOptions, recording: Recording | undefined): WhatIfRunner | undefined {
  if (profile === undefined) return undefined;
  return simulatedWhatIf({ profile, trace: recording?.trace, seed: SEED, gpuPrice });
}

/** JSON has no infinity: an interval without an upper end has null there. */
function replacer(_: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? null : value;
}

function sloOf({ sloTtftMs, sloItlMs }: AssessOptions, file: FieldsFile | undefined): Slo {
  const ttftP99Ms = sloTtftMs ?? file?.fields.ttft_slo_ms;
  if (ttftP99Ms !== undefined) return { ttftP99Ms, itlP99Ms: sloItlMs };
  const hint = "without a promise to clients nothing says whether the server is fast enough";
  throw new SwitchgearError("SWG_USAGE", "no SLO is given", {
    where: "switchgear assess",
    expected: "--slo-ttft-ms MS, or ttft_slo_ms in --fields",
    hint,
  });
}

async function observationOf(options: AssessOptions): Promise<Observation | undefined> {
  const { metrics, metricsFile, prometheus } = options;
  if ([metrics, metricsFile, prometheus].filter((one) => one !== undefined).length > 1) {
    const expected = "one of --metrics, --metrics-file and --prometheus";
    throw new SwitchgearError("SWG_USAGE", "several sources at once", { where: "switchgear assess", expected });
  }
  if (metrics !== undefined) return observe(await watch(metrics, options), { source: urlParts(metrics).url });
  if (metricsFile !== undefined) return observe(metricsFile.map(readDump), { source: metricsFile.join(", ") });
  if (prometheus === undefined) return undefined;
  const { selector, days, keyEnv } = options;
  const key = keyEnv === undefined ? undefined : process.env[keyEnv];
  const endSeconds = Math.floor(realClock.epoch() / 1000);
  return observePrometheus({ url: prometheus, selector, hours: Math.ceil(days * 24), endSeconds, key });
}

async function watch(url: string, { dcgm, window, interval }: AssessOptions): Promise<Snapshot[]> {
  const onReading = (done: number, of: number): void => {
    if (process.stderr.isTTY) process.stderr.write(`\r${done}/${of} readings${done === of ? "\n" : ""}`);
  };
  const [windowMs, intervalMs] = [window * 1000, interval * 1000];
  return sampleLive({ url, gpuUrl: dcgm, windowMs, intervalMs, clock: realClock, onReading });
}

/** A dump is as old as its file. */
function readDump(file: string): Snapshot {
  const snapshot = readSnapshot(readFile(file), statSync(file).mtimeMs);
  if (isVllmPage(snapshot)) return snapshot;
  const expected = "a saved /metrics page, with families that begin with vllm:";
  throw new SwitchgearError("SWG_METRICS_UNUSABLE", "this is no /metrics page of vLLM", { where: file, expected });
}

function readFile(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new SwitchgearError("SWG_FILE_UNREADABLE", "cannot be read", { where: file, cause, expected: "a file" });
  }
}
