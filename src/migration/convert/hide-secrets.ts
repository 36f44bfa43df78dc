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

// Each pattern begins at the start of a word and is bounded, so that a long one costs no more than its length.
const SECRET_OPTION = /^--?[\w-]{0,80}(token|secret|passw(or)?d|passphrase|requirepass|api[-_]?key)$/i;
const OPTION_INSIDE =
  /(?<![\w-])(--?\w[\w-]{0,80}?(?<=token|secret|passw(?:or)?d|passphrase|requirepass|api[-_]?key)\s{1,9})([^\s"']+)/gi;
const LOGIN = /(?<!\w)(login\b.{0,200}?\s-p\s{0,9})([^\s"']+)/g;
const NAMED = /(?<![\w.-])([\w.-]{0,119}\w)(["']?\s{0,9}[=:]\s{0,9}["']?)([^\s"',;}&]+)/g;
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

const URL_PASSWORD = /(?<![a-z0-9+.-])([a-z][a-z0-9+.-]{0,20}:\/\/[^\s/:@]{0,200}:)([^\s/@]{1,400})(?=@)/gi;
const HEADER = /\b((?:Bearer|Basic)\s{1,9})([^\s"',;]+)/g;
const KNOWN =
  /(?<![\w-])(?:hf_[A-Za-z0-9]{10,}|sk-[\w-]{12,}|gh[opsu]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|nvapi-[\w-]{16,}|xox[abpr]-[\w-]{8,}|AKIA[A-Z0-9]{12,}|eyJ[\w-]{8,2000}\.[\w-]{8,4000}\.[\w-]+)/g;

function hideByForm(text: string): string {
  return text.replace(URL_PASSWORD, hideLast).replace(HEADER, hideLast).replace(KNOWN, HIDDEN);
}
