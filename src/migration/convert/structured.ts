// Commands, arguments and variables inside of structured inputs: lists or texts of words, maps or lists of variables.
import { withValue } from "./known-variables.ts";
import type { Reading } from "./reading.ts";
import { lexShell } from "./shell-lexer.ts";
import type { Token } from "./token.ts";
import { type Leaf, leafToken } from "./yaml-leaves.ts";

/** `$(NAME)` is Kubernetes', `${NAME}` compose's and systemd's; a doubled dollar is a plain one. */
export function templateIn(text: string): string | undefined {
  return /\$(?:\([^)]*\)|\{[^}]*\}|[A-Za-z_]\w*)/.exec(text.replaceAll("$$", ""))?.[0];
}

/** Items of a list: each is a word as it is. */
export function listWords(reading: Reading, leaves: readonly Leaf[]): Token[] {
  const { ledger } = reading;
  return leaves.map(({ text, position, inside }) =>
    ledger.add(withValue(reading, { text: text.replaceAll("$$", "$"), position, inside, expansion: templateIn(text) })),
  );
}

/** One text, split into words as a shell does, without its operators. */
export function textWords({ ledger }: Reading, { text, inside }: Leaf): Token[] {
  return lexShell(text, inside).flatMap((item) => {
    if (item.kind === "end") return [];
    const doubled = item.token.text.replaceAll("$$", "$");
    return [ledger.add({ ...item.token, text: doubled, expansion: templateIn(text.slice(0)) && item.token.expansion })];
  });
}

/** `command` or `args`: a list of words, or one text. */
export function wordsAt(reading: Reading, leaves: readonly Leaf[], path: string): Token[] {
  const whole = leaves.find((leaf) => leaf.path === path);
  if (whole !== undefined && typeof whole.value === "string") return textWords(reading, whole);
  return listWords(
    reading,
    leaves.filter((leaf) => leaf.path.startsWith(`${path}[`)),
  );
}

/** Whether `wordsAt` would read this leaf. */
export function isWordOf(path: string, leaf: Leaf): boolean {
  return leaf.path === path ? typeof leaf.value === "string" : leaf.path.startsWith(`${path}[`);
}

/** A map `NAME: value` or a list of `NAME=value`. */
export function readEnvironment(reading: Reading, leaves: readonly Leaf[], path: string): void {
  for (const leaf of leaves) {
    const token = reading.ledger.add({ ...leafToken(leaf) });
    const isList = leaf.path.startsWith(`${path}[`);
    const text = isList ? leaf.text : `${leaf.path.slice(path.length + 1)}=${leaf.text}`;
    const equals = text.indexOf("=");
    const name = equals < 0 ? text : text.slice(0, equals);
    const empty = equals < 0 || (!isList && leaf.value === null);
    const value = empty ? undefined : text.slice(equals + 1).replaceAll("$$", "$");
    reading.env.push({ name, value, tokens: [token], expansion: templateIn(leaf.text) });
  }
}
