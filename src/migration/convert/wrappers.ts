// What stands before a program and runs it: sudo, env, exec and the like with their own options, and variables for it.
import type { Outcome } from "./disposition.ts";
import type { Reading } from "./reading.ts";
import type { Token } from "./token.ts";

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Letters of options that take a word. */
const VALUED: Readonly<Record<string, string>> = {
  sudo: "ugpChrtDRTU",
  env: "uCS",
  exec: "a",
  time: "fo",
  tini: "pe",
  nohup: "",
  setsid: "",
  command: "",
  "dumb-init": "r",
  "--": "",
};

/** Words of the shell's own, and the prompt that a runbook shows. */
const AROUND = new Set(["do", "then", "else", "{", "!", "$", "%"]);

/** `user@host:~$` */
const PROMPT = /^[\w.-]+@[\w.-]+(:\S*)?[$%]$/;

const ASSIGNMENT = /^([A-Za-z_]\w*)=/;

/** The words from the first on that is neither: the program itself, or one that starts it. */
export function takeWrapped(reading: Reading, words: readonly Token[]): readonly Token[] {
  let wrapper: string | undefined;
  for (let i = 0; i < words.length;) {
    const [token, follower] = [words[i], words[i + 1]];
    if (token === undefined) break;
    const name = baseName(token.text);
    if (ASSIGNMENT.test(token.text)) addVariable(reading, token);
    else if (isWrapper(token.text)) {
      takeWrappers(reading, [token]);
      wrapper = name;
    } else if (wrapper !== undefined && token.text.startsWith("-")) {
      const valued = follower !== undefined && takesWord(wrapper, token.text);
      const option = valued ? [token, follower] : [token];
      reading.ledger.take(option, outcomeOf(wrapper, token.text));
      i += option.length - 1;
    } else return words.slice(i);
    i++;
  }
  return [];
}

function isWrapper(text: string): boolean {
  return VALUED[baseName(text)] !== undefined || AROUND.has(text) || PROMPT.test(text);
}

function takesWord(wrapper: string, option: string): boolean {
  const letter = /^-([A-Za-z])$/.exec(option)?.[1];
  if (letter !== undefined) return (VALUED[wrapper] ?? "").includes(letter);
  return wrapper === "sudo" && /^--(user|group|prompt|close-from|host|role|type|chdir|chroot|other-user)$/.test(option);
}

function outcomeOf(wrapper: string, option: string): Outcome {
  if (wrapper === "sudo" && /^(-[ug]|--(user|group))/.test(option)) {
    const hint = "run `switchgear serve` as that one";
    return { disposition: "changed", code: "shell", reason: "the account that vLLM runs as", hint };
  }
  if (wrapper === "env" && /^(-[iuSC]|--(ignore|unset|split|chdir))/.test(option)) {
    const reason = "it changes what vLLM inherits";
    return { disposition: "unsupported", code: "shell", reason, hint: "do it where `switchgear serve` runs" };
  }
  return { disposition: "dropped-safe", code: "shell", reason: WRAPPED };
}

const WRAPPED = "a wrapper around the program; Switchgear watches its workers itself";

export function takeWrappers({ ledger }: Reading, words: readonly Token[]): void {
  if (words.length > 0) ledger.take(words, { disposition: "dropped-safe", code: "shell", reason: WRAPPED });
}

/** How many leading words are variables for the program after them. */
export function countAssignments(words: readonly Token[]): number {
  const first = words.findIndex(({ text }) => !ASSIGNMENT.test(text));
  return first < 0 ? words.length : first;
}

/** One token `NAME=value`. */
export function addVariable(reading: Reading, token: Token): void {
  const equals = token.text.indexOf("=");
  const name = token.text.slice(0, equals);
  reading.env.push({ name, value: token.text.slice(equals + 1), tokens: [token], expansion: token.expansion });
}
