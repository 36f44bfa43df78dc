// What is printed of words: the values of secrets never.
import { HIDDEN, type Token } from "./token.ts";

const SECRET_OPTION = /^--?\w*(api[-_]?key|token$|hf[-_]token|secret|password)/i;

/** Only options whose value is a secret; `--max-num-batched-tokens` is none. */
export function isSecretOption(option: string): boolean {
  return SECRET_OPTION.test(option.replace(/=.*/s, "")) && !/tokens\b/.test(option);
}

/** Values after a secret option are hidden, inline ones too. */
export function shownWords(option: string, tokens: readonly Token[]): string[] {
  if (!isSecretOption(option)) return tokens.map(({ text }) => text);
  return tokens.map(({ text }, i) => {
    if (i > 0) return HIDDEN;
    const separator = /[=:]/.exec(text);
    return separator === null
      ? text
      : `${text.slice(0, separator.index + 1)}${separator[0] === ":" ? " " : ""}${HIDDEN}`;
  });
}

const SECRET_NAME =
  /(TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?|API_?KEY|ACCESS_KEY|PRIVATE_KEY|_KEY|OTLP\w*HEADERS)(_ID)?$/i;

/** A variable whose value is a secret, by its name. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}
