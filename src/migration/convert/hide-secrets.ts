// Secrets in words that nobody looks into: told by the name that stands before them, or by the form of a credential.
import { isSecretName } from "./shown-words.ts";
import { HIDDEN } from "./token.ts";

/** What is printed of the words of one entry, whoever wrote it. */
export function hideSecrets(words: readonly string[]): string[] {
  return words.map((word, i) => {
    const before = words[i - 1] ?? "";
    const follows = SECRET_OPTION.test(before) || (before === "-p" && words.includes("login"));
    return follows && isPlain(word) ? HIDDEN : hideIn(word);
  });
}

/** A credential by its form alone, whatever it is called: not only what looks like the name of one. */
export function holdsCredential(text: string): boolean {
  return hideByForm(text) !== text;
}

/** The same, or a member of JSON that is called a password or key. */
export function holdsSecret(text: string): boolean {
  return holdsCredential(text) || /"\w*(password|passwd|secret|(api|access|private)_?key)"\s*:\s*"[^"]/i.test(text);
}

const SECRET_OPTION = /^--?[\w-]*(token|secret|passw(or)?d|passphrase|requirepass|api[-_]?key)$/i;
const OPTION_INSIDE = /(--?[\w-]*(?:token|secret|passw(?:or)?d|passphrase|requirepass|api[-_]?key)\s+)([^\s"']+)/gi;
const LOGIN = /(\blogin\b.*?\s-p\s*)([^\s"']+)/g;
const NAMED = /([\w.-]*\w)(["']?\s*[=:]\s*["']?)([^\s"',;}&]+)/g;
const NAME = /(token|secret|passw(or)?d|passphrase|requirepass|(api|access|private|auth)[-_]?key)$/i;

function hideIn(text: string): string {
  return hideByForm(text)
    .replace(OPTION_INSIDE, hideLast)
    .replace(LOGIN, hideLast)
    .replace(NAMED, (whole: string, name: string, separator: string, value: string) => {
      if (NAME.test(name) || isSecretName(name)) return isPlain(value) ? `${name}${separator}${HIDDEN}` : whole;
      // `--from-literal=token=…`: the value is a pair of its own.
      return `${name}${separator}${value.includes("=") ? hideIn(value) : value}`;
    });
}

function hideLast(_: string, before: string, value: string): string {
  return `${before}${isPlain(value) ? HIDDEN : value}`;
}

/** A number, a switch or what a shell would replace is no secret. */
function isPlain(value: string): boolean {
  return !/^(-?[\d.]+|true|false|null|none|[$%({<].*|--?[a-z].*)$/i.test(value);
}

const URL_PASSWORD = /([a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:)([^\s/@]+)(?=@)/gi;
const HEADER = /\b((?:Bearer|Basic)\s+)([^\s"',;]+)/g;
const KNOWN =
  /\b(?:hf_[A-Za-z0-9]{10,}|sk-[\w-]{12,}|gh[opsu]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|nvapi-[\w-]{16,}|xox[abpr]-[\w-]{8,}|AKIA[A-Z0-9]{12,}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]+)/g;

function hideByForm(text: string): string {
  return text.replace(URL_PASSWORD, hideLast).replace(HEADER, hideLast).replace(KNOWN, HIDDEN);
}
