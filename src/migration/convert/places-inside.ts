// Where the characters of a YAML text stand in its source, which quotes, folds and indents it: the n-th visible one is the n-th there.

/** Offsets in `source` by offsets in `value`. */
export function placesInside(source: string, value: string): (offset: number) => number {
  let seen: readonly number[] | undefined;
  let before: Uint32Array | undefined;
  return (offset) => {
    seen ??= visiblePlaces(source);
    before ??= visibleBefore(value);
    return seen[before[Math.min(offset, value.length)] ?? 0] ?? source.length;
  };
}

function visibleBefore(value: string): Uint32Array {
  const counts = new Uint32Array(value.length + 1);
  for (let i = 0; i < value.length; i++) counts[i + 1] = (counts[i] ?? 0) + (isVisible(value[i]) ? 1 : 0);
  return counts;
}

function visiblePlaces(source: string): readonly number[] {
  const quote = source[0] === '"' || source[0] === "'" ? source[0] : "";
  const isBlock = source[0] === "|" || source[0] === ">";
  const places: number[] = [];
  for (let at = isBlock ? source.indexOf("\n") : quote.length; at >= 0 && at < source.length; at++) {
    const escape = quote === "" ? 0 : escapeLength(source, at, quote);
    const char = escape === 0 ? source[at] : escapedCharacter(source.slice(at, at + escape));
    if (isVisible(char)) places.push(at);
    if (escape > 0) at += escape - 1;
  }
  return places;
}

/** Words of a backslash or a doubled quote. */
function escapeLength(source: string, at: number, quote: string): number {
  if (quote === "'") return source.startsWith("''", at) ? 2 : 0;
  if (source[at] !== "\\") return 0;
  const digits: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };
  return 2 + (digits[source[at + 1] ?? ""] ?? 0);
}

/** Only whether it can be seen matters. */
function escapedCharacter(escape: string): string {
  const code = /^\\[xuU]([\dA-Fa-f]+)$/.exec(escape)?.[1];
  if (code !== undefined) return String.fromCodePoint(Math.min(0x10ffff, Number.parseInt(code, 16)));
  return /^\\[ntr_ \n\t]/.test(escape) ? " " : "x";
}

function isVisible(char: string | undefined): boolean {
  return char !== undefined && !/\s/.test(char);
}
