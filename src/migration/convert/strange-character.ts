// Characters that web pages and word processors put into a command in place of plain ones: no shell takes them for those.

const STRANGE: readonly (readonly [RegExp, string])[] = [
  [/[\u00a0\u2000-\u200b\u202f\u205f\u3000\ufeff]/, "a no-break or other special space"],
  [/^[\u2010-\u2015\u2212]/, "a long dash"],
  [/[\u2018-\u201f]/, "a typographic quote"],
];

/** What it is, in words. */
export function strangeCharacter(text: string): string | undefined {
  return STRANGE.find(([pattern]) => pattern.test(text))?.[1];
}
