// A text that a regular expression matches, for the subset that structured output uses: literals, classes, groups, alternatives, repeats.
import type { Random } from "../../core/index.ts";

/** Undefined when the expression uses something else (look-around, back references). */
export function regexSample(pattern: string, random: Random): string | undefined {
  const reader = { pattern, at: 0, random, depth: 0 };
  const sample = alternatives(reader);
  if (sample === undefined || reader.at < pattern.length) return undefined;
  return matches(pattern, sample) ? sample : undefined;
}

interface Reader {
  readonly pattern: string;
  readonly random: Random;
  at: number;
  depth: number;
}

function matches(pattern: string, sample: string): boolean {
  try {
    return new RegExp(pattern, "u").test(sample);
  } catch {
    return false;
  }
}

function alternatives(reader: Reader): string | undefined {
  const options = [sequence(reader)];
  while (reader.pattern[reader.at] === "|") {
    reader.at++;
    options.push(sequence(reader));
  }
  return options.includes(undefined) ? undefined : options[reader.random.int(options.length)];
}

function sequence(reader: Reader): string | undefined {
  let text = "";
  while (reader.at < reader.pattern.length && !"|)".includes(reader.pattern[reader.at] ?? "")) {
    const start = reader.at;
    const piece = atom(reader);
    if (piece === undefined) return undefined;
    const repeats = quantifier(reader);
    const end = reader.at;
    text += repeats === 0 ? "" : piece;
    // Each repetition is drawn anew.
    for (let i = 1; i < repeats; i++) {
      reader.at = start;
      text += atom(reader) ?? "";
    }
    reader.at = end;
  }
  return text;
}

function atom(reader: Reader): string | undefined {
  const c = reader.pattern[reader.at++] ?? "";
  if (c === "^" || c === "$") return "";
  if (c === ".") return "a";
  if (c === "(") return group(reader);
  if (c === "[") return oneOf(reader, classCharacters(reader));
  if (c === "\\") return oneOf(reader, escaped(reader.pattern[reader.at++] ?? ""));
  return "*+?{}".includes(c) ? undefined : c;
}

function group(reader: Reader): string | undefined {
  if (reader.pattern.startsWith("?:", reader.at)) reader.at += 2;
  else if (reader.pattern[reader.at] === "?") return undefined;
  if (++reader.depth > 50) return undefined;
  const inner = alternatives(reader);
  reader.depth--;
  if (reader.pattern[reader.at] !== ")") return undefined;
  reader.at++;
  return inner;
}

/** How often the atom before is repeated: the least, or one more where that is allowed. */
function quantifier(reader: Reader): number {
  const match = /^(?:\*|\+|\?|\{(\d+)(,?)(\d*)\})\??/.exec(reader.pattern.slice(reader.at));
  if (!match) return 1;
  reader.at += match[0].length;
  const [symbol, least, comma, most] = [match[0][0], Number(match[1] ?? 0), match[2], match[3]];
  if (symbol === "*" || symbol === "?") return reader.random.int(2);
  if (symbol === "+") return 1 + reader.random.int(3);
  if (comma === "") return least;
  return most === "" || Number(most) > least ? least + reader.random.int(2) : least;
}

function oneOf(reader: Reader, characters: string | undefined): string | undefined {
  return characters === undefined || characters === "" ? undefined : characters[reader.random.int(characters.length)];
}

const LETTERS = "abcdefghijklmnopqrstuvwxyz";
const CLASSES: Readonly<Record<string, string>> = {
  d: "0123456789",
  w: `${LETTERS}0123456789_`,
  s: " ",
  D: LETTERS,
  W: "-",
  S: LETTERS,
  n: "\n",
  t: "\t",
  r: "\r",
};

function escaped(c: string): string | undefined {
  if (c === "b" || c === "B" || /[1-9]/.test(c) || c === "p" || c === "P" || c === "u" || c === "x") return undefined;
  return CLASSES[c] ?? c;
}

const PRINTABLE = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join("");

function classCharacters(reader: Reader): string | undefined {
  const negated = reader.pattern[reader.at] === "^";
  if (negated) reader.at++;
  let set = "";
  while (reader.at < reader.pattern.length && reader.pattern[reader.at] !== "]") {
    const c = reader.pattern[reader.at++] ?? "";
    if (c === "\\") {
      set += escaped(reader.pattern[reader.at++] ?? "") ?? "";
    } else if (reader.pattern[reader.at] === "-" && reader.pattern[reader.at + 1] !== "]") {
      const last = reader.pattern[reader.at + 1] ?? c;
      reader.at += 2;
      for (let code = c.charCodeAt(0); code <= last.charCodeAt(0) && set.length < 300; code++)
        set += String.fromCharCode(code);
    } else set += c;
  }
  reader.at++;
  if (!negated) return set;
  return `${LETTERS}${PRINTABLE}`.replaceAll(/./g, (one) => (set.includes(one) ? "" : one));
}
