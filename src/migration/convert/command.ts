// One command's words: `docker run` around an image, or a program on the host.
import { readDockerRun } from "./docker-run.ts";
import { findProgram, readProgram } from "./program.ts";
import type { Reading } from "./reading.ts";
import type { Token } from "./token.ts";
import { addVariable, baseName, countAssignments, takeWrappers } from "./wrappers.ts";

const RUNTIMES = /^(docker|podman|nerdctl)$/;

/** Finds the launch and gives an outcome to the words around it; false when there is none. */
export function readCommand(reading: Reading, words: readonly Token[]): boolean {
  const leading = countAssignments(words);
  const rest = words.slice(leading);
  const before = reading.env.length;
  const isFound = hasContainer(rest) ? readContainer(reading, rest) : readProgram(reading, rest);
  if (!isFound) return false;
  // Those that `env` sets after them win.
  const inner = reading.env.splice(before);
  for (const token of words.slice(0, leading)) addVariable(reading, token);
  reading.env.push(...inner);
  return true;
}

function runtimeAt(words: readonly Token[]): number {
  const names = words.map(({ text }) => baseName(text));
  return names.findIndex((name, i) => RUNTIMES.test(name) && isRun(names, i));
}

function hasContainer(words: readonly Token[]): boolean {
  const at = runtimeAt(words);
  const program = findProgram(words);
  return at >= 0 && (program === undefined || at < program.from);
}

function readContainer(reading: Reading, words: readonly Token[]): boolean {
  const at = runtimeAt(words);
  takeWrappers(reading, words.slice(0, at));
  const from = words[at + 1]?.text === "container" ? at + 3 : at + 2;
  reading.ledger.take(words.slice(at, from), { disposition: "dropped-safe", code: "container", reason: CONTAINER });
  return readDockerRun(reading, words.slice(from));
}

const CONTAINER = "Switchgear starts workers as processes of its own";

function isRun(names: readonly string[], i: number): boolean {
  return names[i + 1] === "run" || (names[i + 1] === "container" && names[i + 2] === "run");
}
