// A program's words → the vLLM launch in them: wrappers, variables, `vllm serve`, `python -m …`, `sh -c`.
import { hideSecrets } from "./hide-secrets.ts";
import type { Reading } from "./reading.ts";
import type { Token } from "./token.ts";
import { baseName, takeWrapped } from "./wrappers.ts";

const MODULES: Readonly<Record<string, readonly string[]>> = {
  "vllm.entrypoints.openai.api_server": [],
  "vllm.entrypoints.cli.main": ["serve"],
};

const SHELLS = /^(ba|da|z|a)?sh$/;

/** A command line without a container around it. */
export function readProgram(reading: Reading, words: readonly Token[]): boolean {
  const shell = words.findIndex(({ text }) => SHELLS.test(baseName(text)));
  const script = shell < 0 ? undefined : scriptAfter(words, shell);
  const found = findProgram(words);
  if (script !== undefined && (found === undefined || shell < found.from)) {
    const around = takeWrapped(reading, words.slice(0, shell));
    return readScript(reading, [...around, ...words.slice(shell)], script);
  }
  if (found === undefined) return readHeld(reading, words);
  const around = takeWrapped(reading, words.slice(0, found.from));
  takeProgram(reading, { around, words: words.slice(found.from, found.to), entry: found.entry });
  const at = words[found.from];
  if (at !== undefined) reading.launches.push({ entry: found.entry, args: words.slice(found.to), at });
  return true;
}

/** Terminals and accounts take a command as one word. */
const HOLDERS = new Set(["tmux", "screen", "su", "runuser"]);

function readHeld(reading: Reading, words: readonly Token[]): boolean {
  const held = words.find(({ text }) => /\s/.test(text) && /vllm serve|vllm\.entrypoints/.test(text));
  if (held === undefined || !words.some(({ text }) => HOLDERS.has(baseName(text)))) return false;
  return readScript(reading, words, held);
}

/** The text after `sh -c`. */
function scriptAfter(words: readonly Token[], shell: number): Token | undefined {
  const flag = words.findIndex(({ text }, i) => i > shell && /^-[a-z]*c$/.test(text));
  return flag < 0 ? undefined : words[flag + 1];
}

function readScript(reading: Reading, words: readonly Token[], script: Token): boolean {
  const others = words.filter((token) => token !== script);
  const reason = "the shell only runs the command in it";
  reading.ledger.take(others, { disposition: "dropped-safe", code: "shell", reason });
  reading.ledger.take([script], { disposition: "mapped", code: "shell", reason: "read as the command that it holds" }, [
    "(script)",
  ]);
  return reading.readScript(reading, script);
}

interface Program {
  readonly from: number;
  /** First argument. */
  readonly to: number;
  readonly entry: "serve" | "module";
}

export function findProgram(words: readonly Token[]): Program | undefined {
  const texts = words.map(({ text }) => text);
  for (const [from, word] of texts.entries()) {
    const name = baseName(word);
    if (name === "vllm" && texts[from + 1] === "serve") return { from, to: from + 2, entry: "serve" };
    if (!/^python[\d.]*$/.test(name)) continue;
    const flag = texts.indexOf("-m", from);
    const after = flag < 0 ? undefined : MODULES[texts[flag + 1] ?? ""];
    if (after !== undefined && after.every((one, i) => texts[flag + 2 + i] === one))
      return { from, to: flag + 2 + after.length, entry: after.length === 0 ? "module" : "serve" };
  }
  return undefined;
}

interface ProgramWords {
  readonly around: readonly Token[];
  readonly words: readonly Token[];
  readonly entry: "serve" | "module";
}

const ELSEWHERE = new Set(["ssh", "kubectl", "oc", "docker", "podman", "nerdctl", "srun"]);

/** What is neither plain `vllm serve` nor a harmless wrapper is kept as the program that starts a worker. */
function takeProgram({ ledger, facts }: Reading, { around, words, entry }: ProgramWords): void {
  const first = words[0]?.text ?? "";
  const plain = around.length === 0 && (first === "vllm" || (entry === "module" && !first.includes("/")));
  const program = [...around, ...words];
  const expanded = program.find(({ expansion }) => expansion !== undefined);
  if (expanded !== undefined) {
    const reason = `a shell would replace ${expanded.expansion}`;
    const hint = "--set spec.serving.workers.command='[…, vllm, serve]' names the program";
    ledger.take(program, { disposition: "unsupported", code: "expansion", reason, hint });
    return;
  }
  const texts = around.map(({ text }) => text);
  if (ELSEWHERE.has(baseName(texts[0] ?? ""))) {
    const reason = `${texts[0]} runs vLLM elsewhere; a worker that is started here listens on this machine`;
    const hint = "start it there yourself and name it under spec.serving.workers.endpoints";
    ledger.take(program, { disposition: "unsupported", code: "not-in-fleet", target: COMMAND, reason, hint });
    return;
  }
  if (hideSecrets(texts).some((shown, i) => shown !== texts[i])) {
    const reason = "there is a secret among the words before vLLM, which does not belong in a file";
    const hint = "--set spec.serving.workers.command='[…, vllm, serve]' names the program";
    ledger.take(program, { disposition: "unsupported", code: "secret", target: COMMAND, reason, hint });
    return;
  }
  if (plain && entry === "module") {
    const reason = "the module is the server that `vllm serve` runs";
    const target = "spec.serving.{pool}.engine";
    ledger.take(words, { disposition: "changed", code: "equivalent", target, reason });
    return;
  }
  const target = plain ? "spec.serving.{pool}.engine" : COMMAND;
  const reason = plain ? "workers are started by `vllm serve`" : "the program that starts each worker";
  ledger.take(program, { disposition: "mapped", code: "program", target, reason });
  if (!plain) facts.command = [...texts, ...serveCommand(words, entry)];
}

/** The module of old takes its model as an option only. */
function serveCommand(words: readonly Token[], entry: "serve" | "module"): string[] {
  if (entry === "serve") return words.map(({ text }) => text);
  const python = words[0]?.text ?? "";
  return python.includes("/") ? [python, "-m", "vllm.entrypoints.cli.main", "serve"] : ["vllm", "serve"];
}

const COMMAND = "spec.serving.{pool}.command";
