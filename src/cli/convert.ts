// `switchgear convert FILE|-`: how vLLM is started today → a deployment file, with an account of every option.
import { type Command, Option } from "commander";

const EXAMPLE = `
Examples:
  switchgear convert start-vllm.sh > my.yaml
  echo 'vllm serve org/model -tp 4' | switchgear convert -
  switchgear convert deployment.yaml --vllm-version 0.11.0 --set spec.gateway.listener.port=8080 -o my.yaml
  switchgear convert --explain swap-space

The deployment goes to standard output, the table to standard error. Nothing of the input is executed.
Exit codes: 0 everything is carried over, 1 something is not (a file is written with --allow-partial only), 2 unusable input.`;

/** Option values as commander gives them. */
export interface ConvertOptions {
  readonly from?: string;
  readonly vllmVersion?: string;
  readonly strategy: string;
  readonly colocatedValidated: boolean;
  readonly stateDirectory: string;
  readonly set: readonly string[];
  readonly output?: string;
  readonly allowPartial: boolean;
  readonly explain?: string;
  readonly json: boolean;
}

const FORMS = ["shell", "argv", "docker", "compose", "kubernetes", "systemd", "vllm-yaml"];

export function registerConvert(program: Command): void {
  program
    .command("convert")
    .description("vLLM arguments in any form → a deployment file; every option is accounted for")
    .argument("[file]", "the command, or - for standard input")
    .addOption(new Option("--from <form>", "form of the input, when it is not detected").choices(FORMS))
    .option("--vllm-version <version>", "release that the arguments are for (default: the image's tag, else 0.32.0)")
    .addOption(
      new Option("--strategy <name>", "of the deployment").choices(["colocated", "disaggregated"]).default("colocated"),
    )
    .option("--colocated-validated", "a colocated deployment was validated already", false)
    .option("--state-directory <folder>", "where a completed migration is on record", ".switchgear")
    .option("--set <path=value>", "give a field by hand; may be repeated", collect, [])
    .option("-o, --output <file>", "write the deployment there instead of standard output")
    .option("--allow-partial", "write the deployment although something is not carried over", false)
    .option("--explain <option>", "say what vLLM and convert make of one option")
    .option("--json", "print one JSON object: the deployment and the report", false)
    .addHelpText("after", EXAMPLE)
    .action(async (file: string | undefined, options: ConvertOptions) => {
      const { runConvert } = await import("./run-convert.ts");
      process.exitCode = runConvert(file, options);
    });
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
