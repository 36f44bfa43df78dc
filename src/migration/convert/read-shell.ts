// Form `shell`: a command line or a script. The one command that starts vLLM is read, every other is only reported.
import { readCommand } from "./command.ts";
import { setInScript, withValue } from "./known-variables.ts";
import type { Reading } from "./reading.ts";
import { type SimpleCommand, splitCommands } from "./shell-commands.ts";
import { lexShell, type ShellItem } from "./shell-lexer.ts";
import type { Locate, Token } from "./token.ts";
import { addVariable } from "./wrappers.ts";

/** False when no command in it starts vLLM. */
export function readShellText(reading: Reading, text: string, locate: Locate): boolean {
  const items = withValues(reading, lexShell(text, locate));
  for (const item of items) if (item.kind !== "end") reading.ledger.add(item.token);
  const found = splitCommands(items).map((command) => readOne(reading, command));
  return found.includes(true);
}

function withValues(reading: Reading, items: readonly ShellItem[]): readonly ShellItem[] {
  const own = setInScript(items.flatMap(({ token }) => token ?? []));
  return items.map((item) => {
    if (item.kind !== "word") return item;
    const token = withValue(reading, item.token, own);
    return { ...item, token };
  });
}

/** The text after `sh -c`. */
export function readScript(reading: Reading, { text, position, inside = () => position }: Token): boolean {
  return readShellText(reading, text, inside);
}

function readOne(reading: Reading, { words, around, isArray = false }: SimpleCommand): boolean {
  if (isArray) return takeArray(reading, words);
  if (around.length > 0) {
    const reason = "Switchgear starts, logs and watches its workers itself";
    reading.ledger.take(around, { disposition: "dropped-safe", code: "shell", reason });
  }
  if (words.length === 0) return false;
  if (words.every(({ text }) => /^[A-Za-z_]\w*=/.test(text))) return assign(reading, words);
  if (words[0]?.text === "export") return exportVariables(reading, words);
  if (readCommand(reading, words)) return true;
  otherCommand(reading, words);
  return false;
}

function takeArray({ ledger, assigned }: Reading, words: readonly Token[]): false {
  const [name] = words;
  if (name !== undefined) assigned.set(name.text.replace(/\+?=$/, ""), name);
  const hint = "write its words on vLLM's command line";
  const reason = "an array of the script; nothing is executed here";
  ledger.take(words, { disposition: "unsupported", code: "expansion", reason, hint });
  return false;
}

/** A variable of the script itself: vLLM does not see it. */
function assign({ ledger, assigned }: Reading, words: readonly Token[]): false {
  for (const token of words) {
    const equals = token.text.indexOf("=");
    if (token.expansion === undefined) assigned.set(token.text.slice(0, equals), token);
    const reason = "a variable of the script, which vLLM does not see";
    ledger.take([token], { disposition: "dropped-safe", code: "shell", reason }, [hideValue(token.text)]);
  }
  return false;
}

function exportVariables(reading: Reading, [word, ...variables]: readonly Token[]): false {
  if (word !== undefined)
    reading.ledger.take([word], { disposition: "mapped", code: "environment", reason: "sets variables" });
  for (const token of variables) {
    if (token.text.includes("=")) {
      addVariable(reading, token);
      const [name = ""] = token.text.split("=", 1);
      if (token.expansion === undefined) reading.assigned.set(name, token);
    } else reading.env.push({ name: token.text, value: undefined, tokens: [token] });
  }
  return false;
}

const HARMLESS = new Set(["set", "source", ".", "cd", "echo", "#", "ulimit", "umask", "trap", "true", ":"]);

function otherCommand({ ledger }: Reading, words: readonly Token[]): void {
  const left = new Set(ledger.left());
  const open = words.filter((token) => left.has(token));
  const [name] = open;
  if (name === undefined) return;
  const reason = "another command; nothing is executed";
  if (HARMLESS.has(name.text)) ledger.take(open, { disposition: "dropped-safe", code: "other-command", reason });
  else {
    const hint = "if vLLM needs it, do it before `switchgear serve`";
    ledger.take(open, { disposition: "unsupported", code: "other-command", reason, hint });
  }
}

/** A script's variable may be a secret; its name is enough. */
function hideValue(text: string): string {
  const equals = text.indexOf("=");
  return /TOKEN|KEY|SECRET|PASS/i.test(text.slice(0, equals)) ? `${text.slice(0, equals)}=(hidden)` : text;
}
