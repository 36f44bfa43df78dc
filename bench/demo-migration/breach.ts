// Chapter one: one vLLM under the conversation preset; is it time to migrate, and to what?
import { join } from "node:path";
import { readFileSync, writeFileSync } from "node:fs";
import { runCommand } from "../lib/cli-command.ts";
import { legacyServer, MODEL } from "./legacy.ts";
import { chapter, must, said, typed } from "./story.ts";

const SPEED = 4;
const SLO_MS = 500;

export async function breach(): Promise<void> {
  chapter(
    `One vLLM under the conversation preset. Its time runs ${SPEED} times faster, so a TTFT SLO of 2 s is ${SLO_MS} ms here.`,
  );
  const server = await legacyServer(SPEED);
  try {
    const load = ["bench", "--url", server.url, "--model", MODEL, "--generator", "conversation"];
    const limits = ["--slo-ttft-ms", String(SLO_MS)];
    const args = [...load, ...limits, "--speed", String(SPEED), "--limit", "160", "--max-input-tokens", "30000"];
    typed(args);
    const watched = ["assess", "--metrics", `${server.url}/metrics`, "--window", "24", "--interval", "2"];
    const asked = [...watched, "--slo-ttft-ms", String(SLO_MS), "--tenants", "3", "--force", "--expect", "migrate"];
    typed(asked);
    const [loaded, assessed] = await Promise.all([runCommand(args), runCommand(asked)]);
    said(
      loaded.out
        .split("\n")
        .filter((line) => /^(requests|goodput|TTFT ms {2})/.test(line))
        .join("\n"),
    );
    said(untilBlank(assessed.out));
    must(assessed.code === 0, `assess does not say MIGRATE: ${assessed.out}${assessed.err}`);
  } finally {
    await server.stop();
  }
}

const COMMAND =
  "vllm serve meta-llama/Llama-3.1-70B-Instruct --served-model-name llama-70b -tp 4 --quantization fp8 --max-model-len 32768 --swap-space 4";

/** The deployment file that the command of today becomes; `sets` make its workers simulated ones. */
export async function converted(folder: string, sets: readonly string[]): Promise<string> {
  chapter("Its command line becomes a deployment of two workers behind the gateway.");
  const script = join(folder, "start-vllm.sh");
  const file = join(folder, "fleet.yaml");
  writeFileSync(script, `${COMMAND}\n`);
  const args = ["convert", script, ...sets.flatMap((one) => ["--set", one]), "-o", file];
  typed(args);
  const { code, err } = await runCommand(args);
  must(code === 0, `convert: ${err}`);
  said(err);
  const valid = await runCommand(["validate", file]);
  must(valid.code === 0, `validate: ${valid.err}`);
  return readFileSync(file, "utf8");
}

function untilBlank(text: string): string {
  return text.split("\n\n").slice(0, 2).join("\n");
}
