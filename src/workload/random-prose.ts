// Prose-like text of a number of words, from a seeded random.
import type { Random } from "../core/index.ts";

const SYLLABLES = [
  "ka",
  "lo",
  "mer",
  "in",
  "ta",
  "sol",
  "ven",
  "ri",
  "do",
  "pra",
  "el",
  "un",
  "tor",
  "sha",
  "be",
  "nil",
];

export function randomProse(words: number, random: Random): string {
  return Array.from({ length: words }, (_, i) => word(random) + (i % 12 === 11 ? "." : "")).join(" ");
}

function word(random: Random): string {
  return Array.from({ length: 1 + random.int(3) }, () => SYLLABLES[random.int(SYLLABLES.length)] ?? "").join("");
}
