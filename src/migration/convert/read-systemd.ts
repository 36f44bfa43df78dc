// Form `systemd`: a service unit whose ExecStart runs vLLM.
import type { Position } from "./disposition.ts";
import { readCommand } from "./command.ts";
import { readContainerCommand } from "./docker-run.ts";
import type { Reading } from "./reading.ts";
import { lexShell } from "./shell-lexer.ts";
import type { Token } from "./token.ts";
import { addVariable } from "./wrappers.ts";

interface UnitLine {
  readonly section: string;
  readonly key: string;
  readonly value: string;
  /** Of the value. */
  readonly position: Position;
}

export function readSystemd(reading: Reading, text: string): void {
  for (const line of unitLines(reading.file, text)) readLine(reading, line);
}

/** Lines that end with a backslash go on, as in systemd; comment lines are left out. */
function unitLines(file: string, text: string): UnitLine[] {
  const lines = text.split(/\r?\n/);
  const found: UnitLine[] = [];
  let section = "";
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? "";
    section = /^\s*\[(\w+)\]\s*$/.exec(line)?.[1] ?? section;
    const [, head = "", key = ""] = /^(\s*([A-Za-z]\w*)\s*=\s*)/.exec(line) ?? [];
    if (key === "") continue;
    const position = { file, line: i + 1, column: head.length + 1 };
    let value = line.slice(head.length);
    while (/\\\s*$/.test(value) && i + 1 < lines.length) {
      const more = lines[++i] ?? "";
      if (/^\s*[#;]/.test(more)) continue;
      value = `${value.replace(/\\\s*$/, "")}\\\n${more}`;
    }
    found.push({ section, key, value, position });
  }
  return found;
}

function readLine(reading: Reading, line: UnitLine): void {
  const { key, value } = line;
  if (key === "ExecStart") return readStart(reading, line);
  if (key === "Environment") return readEnvironment(reading, line);
  const token = reading.ledger.add({ text: `${key}=${value}`, position: line.position });
  const why = UNSUPPORTED[key];
  if (why === undefined) {
    const reason = "systemd's own; Switchgear starts and watches its workers itself";
    reading.ledger.take([token], { disposition: "dropped-safe", code: "service-manager", reason });
    return;
  }
  const disposition = OWN_PROCESS.has(key) ? "changed" : "unsupported";
  const hint = "set it in the unit that runs `switchgear serve`";
  reading.ledger.take([token], { disposition, code: "service-manager", reason: why, hint });
}

/** Properties of the process that `switchgear serve` and its workers will have. */
const OWN_PROCESS = new Set(["WorkingDirectory", "User", "Group", "CPUAffinity", "NUMAPolicy", "NUMAMask"]);

const UNSUPPORTED: Readonly<Record<string, string>> = {
  EnvironmentFile: "a file of variables is not read",
  PassEnvironment: "variables of the service manager",
  WorkingDirectory: "relative paths in arguments start there",
  User: "the account that vLLM runs as",
  Group: "the account that vLLM runs as",
  ExecStartPre: "another command; nothing is executed",
  ExecStartPost: "another command; nothing is executed",
  CPUAffinity: "which cores vLLM runs on",
  NUMAPolicy: "which memory vLLM uses",
  NUMAMask: "which memory vLLM uses",
};

/** systemd's `%i`, and its `$NAME`; `%%` and `$$` are plain. */
function specifierIn(text: string): string | undefined {
  return /%[A-Za-z]/.exec(text.replaceAll("%%", ""))?.[0];
}

function words(reading: Reading, { value, position }: UnitLine): Token[] {
  const locate = (offset: number): Position => {
    const before = value.slice(0, offset).split("\n");
    const [first = ""] = before;
    const column = before.length === 1 ? position.column + first.length : (before.at(-1)?.length ?? 0) + 1;
    return { ...position, line: position.line + before.length - 1, column };
  };
  return lexShell(value, locate).flatMap((item) => {
    if (item.kind === "end") return [];
    const { token } = item;
    const text = token.text.replaceAll("$$", "$").replaceAll("%%", "%");
    return [reading.ledger.add({ ...token, text, expansion: token.expansion ?? specifierIn(token.text) })];
  });
}

/** `-`, `@`, `:`, `+` and `!` before the program say how it is run. */
function readStart(reading: Reading, line: UnitLine): void {
  const prefix = /^[-@:+!]*/.exec(line.value)?.[0] ?? "";
  const position = { ...line.position, column: line.position.column + prefix.length };
  const all = words(reading, { ...line, value: line.value.slice(prefix.length), position });
  const [at] = all;
  if (at === undefined || readCommand(reading, all)) return;
  const left = new Set(reading.ledger.left());
  const open = all.filter((token) => left.has(token));
  if (open.length === all.length)
    readContainerCommand(reading, { entrypoint: open.slice(0, 1), args: open.slice(1), at });
}

function readEnvironment(reading: Reading, line: UnitLine): void {
  for (const token of words(reading, line)) {
    if (token.text.includes("=")) addVariable(reading, token);
    else reading.env.push({ name: token.text, value: undefined, tokens: [token] });
  }
}
