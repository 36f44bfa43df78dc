// How alike two texts are, in three ways that fail differently.
import { sequenceRatio } from "../../stats/index.ts";

export interface TextSimilarity {
  /** difflib over words, without autojunk: 1 is equal. */
  readonly words: number;
  /** The same numbers in the same order: tells "42" from "-7" where the rest agrees. */
  readonly sameNumbers: boolean;
  readonly sameLastLine: boolean;
}

/** Words beyond this are left out: the comparison is quadratic. */
const MOST_WORDS = 1500;

export function textSimilarity(a: string, b: string): TextSimilarity {
  if (a === b) return { words: 1, sameNumbers: true, sameLastLine: true };
  return {
    words: sequenceRatio(wordsOf(a), wordsOf(b), { autojunk: false }),
    sameNumbers: numbersOf(a) === numbersOf(b),
    sameLastLine: lastLine(a) === lastLine(b),
  };
}

function wordsOf(text: string): readonly string[] {
  return text.split(/\s+/).slice(0, MOST_WORDS);
}

function numbersOf(text: string): string {
  return (text.match(/-?\d+(?:[.,]\d+)*/g) ?? []).join(" ");
}

function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1)?.trim() ?? "";
}
