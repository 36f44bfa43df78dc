// One command's words: `docker run` around an image, or a program on the host.
import { readDockerRun } from "./docker-run.ts";
import { baseName, readProgram, takeAssignments, takeWrappers } from "./program.ts";
import type { Reading } from "./reading.ts";
import type { Token } from "./token.ts";

const RUNTIMES = /^(docker|podman|nerdctl)$/;

/** Finds the launch, gives an outcome to every word of `words`; false when there is none. */
export function readCommand(reading: Reading, words: readonly Token[]): boolean {
  const rest = takeAssignments(reading, words);
  const names = rest.map(({ text }) => baseName(text));
  const runtime = names.findIndex((name, i) => RUNTIMES.test(name) && isRun(names, i));
  if (runtime >= 0) {
    takeWrappers(reading, rest.slice(0, runtime));
    const from = rest[runtime + 1]?.text === "container" ? runtime + 3 : runtime + 2;
    const program = rest.slice(runtime, from);
    reading.ledger.take(program, { disposition: "dropped-safe", code: "container", reason: CONTAINER });
    return readDockerRun(reading, rest.slice(from));
  }
  return readProgram(reading, rest);
}

const CONTAINER = "Switchgear starts workers as processes of its own";

function isRun(names: readonly string[], i: number): boolean {
  return names[i + 1] === "run" || (names[i + 1] === "container" && names[i + 2] === "run");
}
