// A tokenizer.json's Oniguruma pattern → the JavaScript pattern that matches the same text.
import { unsupported } from "./unsupported-tokenizer.ts";

/** Throws SWG_TOKENIZER_UNSUPPORTED for what JavaScript cannot express the same way. */
export function splitPattern(source: string): RegExp {
  let inClass = false;
  let result = "";
  for (let at = 0; at < source.length;) {
    const step = inClass ? classStep(source, at) : plainStep(source, at);
    result += step.text;
    at += step.length;
    if (step.turns) inClass = !inClass;
  }
  try {
    return new RegExp(result, "gu");
  } catch {
    throw unsupported("pre_tokenizer pattern", source, "a pattern that JavaScript can compile");
  }
}

interface Step {
  readonly text: string;
  readonly length: number;
  /** A character class begins or ends here. */
  readonly turns?: boolean;
}

function plainStep(source: string, at: number): Step {
  const character = source[at] ?? "";
  const rest = source.slice(at, at + 4);
  if (/^[?*+]\+/.test(rest)) throw unsupported("pre_tokenizer pattern", rest.slice(0, 2), "no possessive quantifier");
  if (rest.startsWith("(?>")) throw unsupported("pre_tokenizer pattern", "(?>", "no atomic group");
  if (character === "\\") return escapeStep(source, at, false);
  if (character === "[") return openClass(source, at);
  // Oniguruma's dot stops at \n only; ^ and $ stand at every line.
  if (character === ".") return { text: "[^\\n]", length: 1 };
  if (character === "^") return { text: "(?<![^\\n])", length: 1 };
  if (character === "$") return { text: "(?![^\\n])", length: 1 };
  return { text: character, length: 1 };
}

/** A closing bracket right after the opening one is a literal in Oniguruma and an empty class in JavaScript. */
function openClass(source: string, at: number): Step {
  const open = source[at + 1] === "^" ? "[^" : "[";
  if (source[at + open.length] === "]")
    throw unsupported("pre_tokenizer pattern", `${open}]`, "no ] that opens a class");
  return { text: open, length: open.length, turns: true };
}

function classStep(source: string, at: number): Step {
  const character = source[at] ?? "";
  if (character === "[")
    throw unsupported("pre_tokenizer pattern", source.slice(at, at + 8), "no class within a class");
  if (source.startsWith("&&", at)) throw unsupported("pre_tokenizer pattern", "&&", "no intersection of classes");
  if (character === "\\") return escapeStep(source, at, true);
  return { text: character, length: 1, turns: character === "]" };
}

/** Oniguruma's classes are Unicode's; JavaScript's \s holds U+FEFF and lacks U+0085, its \d and \w are ASCII. */
const CLASSES: Readonly<Record<string, string>> = {
  s: "\\p{White_Space}",
  S: "\\P{White_Space}",
  d: "\\p{Nd}",
  D: "\\P{Nd}",
};
const WORD = "\\p{L}\\p{M}\\p{N}\\p{Pc}";
const SAME_MEANING = /^[nrtfv0xupP]$/;
const SYNTAX = /^[\^$\\.*+?()[\]{}|/]$/;

function escapeStep(source: string, at: number, inClass: boolean): Step {
  const character = source[at + 1] ?? "";
  const length = 2;
  const known = CLASSES[character];
  if (known !== undefined) return { text: known, length };
  if (character === "w") return { text: inClass ? WORD : `[${WORD}]`, length };
  if (character === "W" && !inClass) return { text: `[^${WORD}]`, length };
  if (SAME_MEANING.test(character) || SYNTAX.test(character)) return { text: `\\${character}`, length };
  if (/^[A-Za-z0-9]$/.test(character)) {
    throw unsupported("pre_tokenizer pattern", `\\${character}`, "an escape that JavaScript has too");
  }
  // JavaScript's unicode mode allows no needless escape, but wants one for a dash within a class.
  return { text: inClass && character === "-" ? "\\-" : character, length };
}
