// An input of any form → the vLLM command in it.
import { SwitchgearError } from "../../core/index.ts";
import { detectForm } from "./detect-form.ts";
import type { Position } from "./disposition.ts";
import { readArgv } from "./read-argv.ts";
import { readCompose } from "./read-compose.ts";
import { readKubernetes } from "./read-kubernetes.ts";
import { readScript, readShellText } from "./read-shell.ts";
import { readSystemd } from "./read-systemd.ts";
import type { Form, Launch, Reading } from "./reading.ts";
import { createLedger } from "./token.ts";

export interface Input {
  /** Name in positions; `-` for standard input. */
  readonly file: string;
  readonly text: string;
  /** Undefined = by what stands in it. */
  readonly form: Form | undefined;
}

export interface ReadInput {
  readonly reading: Reading;
  readonly launch: Launch;
}

export function readInput(input: Input): ReadInput {
  const { file } = input;
  const text = withoutByteOrderMark(input.text);
  const { form = detectForm(text) } = input;
  const reading: Reading = {
    form,
    file,
    ledger: createLedger(),
    launches: [],
    env: [],
    facts: {},
    assigned: new Map(),
    secrets: new Set(),
    readScript,
  };
  if (text.trim() === "") throw unusable(file, "the input is empty");
  READERS[form](reading, text);
  const [launch, ...more] = reading.launches;
  if (launch === undefined) throw unusable(file, "no command here starts vLLM");
  const [second] = more;
  if (second !== undefined) {
    const { line } = second.at.position;
    throw unusable(
      `${file}:${line}`,
      `a second command that starts vLLM; the first one stands in line ${launch.at.position.line}`,
    );
  }
  return { reading, launch };
}

/** Windows' editors write one; as part of the first word it would be none that anybody knows. */
function withoutByteOrderMark(text: string): string {
  return text.startsWith("\uFEFF") ? text.slice(1) : text;
}

function unusable(where: string, message: string): SwitchgearError {
  const expected =
    "one vllm serve command: a shell line, argv JSON, docker run, compose, Kubernetes workload, systemd unit or vLLM YAML";
  return new SwitchgearError("SWG_CONVERT_UNUSABLE", message, { where, expected });
}

const READERS: Readonly<Record<Form, (reading: Reading, text: string) => void>> = {
  shell: readLine,
  docker: readLine,
  argv: readArgv,
  compose: readCompose,
  kubernetes: readKubernetes,
  systemd: readSystemd,
  "vllm-yaml": (reading) => {
    const position = { file: reading.file, line: 1, column: 1 };
    reading.launches.push({ entry: "file", args: [], at: { text: "", position } });
  },
};

function readLine(reading: Reading, text: string): void {
  const starts = lineStarts(text);
  readShellText(reading, text, (offset) => placeAt(reading.file, starts, offset));
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

function placeAt(file: string, starts: readonly number[], offset: number): Position {
  const index = starts.findLastIndex((start) => start <= offset);
  return { file, line: index + 1, column: offset - (starts[index] ?? 0) + 1 };
}
