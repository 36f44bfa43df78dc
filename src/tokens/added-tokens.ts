// Finds added tokens (role marks, begin and end of sequence, …) in a text before anything else looks at it.

export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Left out when decoding. */
  readonly special: boolean;
  /** Matched after normalisation. */
  readonly normalized: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  readonly singleWord: boolean;
}

/** A piece of the text: an added token's id, or text between them. */
export type Piece = number | string;

/** Leftmost match, longest first, as Hugging Face's matcher does. Undefined when there is nothing to match. */
export function addedTokenSplitter(tokens: readonly AddedToken[]): ((text: string) => Piece[]) | undefined {
  const matched = tokens.filter((token) => token.content !== "");
  if (matched.length === 0) return undefined;
  const byContent = new Map(matched.map((token) => [token.content, token]));
  const longestFirst = matched.toSorted((a, b) => b.content.length - a.content.length);
  const pattern = new RegExp(longestFirst.map((token) => escaped(token.content)).join("|"), "gu");
  return (text) => cut(text, text.matchAll(pattern), byContent);
}

function cut(text: string, matches: Iterable<RegExpExecArray>, tokens: ReadonlyMap<string, AddedToken>): Piece[] {
  const pieces: Piece[] = [];
  let done = 0;
  for (const match of matches) {
    const token = tokens.get(match[0]);
    const end = match.index + match[0].length;
    // An earlier token may have swallowed blanks, never a match; a single word must stand alone.
    if (token === undefined || (token.singleWord && !standsAlone(text, match.index, end))) continue;
    const start = token.lstrip ? Math.max(done, text.slice(0, match.index).trimEnd().length) : match.index;
    if (start > done) pieces.push(text.slice(done, start));
    pieces.push(token.id);
    done = token.rstrip ? text.length - text.slice(end).trimStart().length : end;
  }
  if (done < text.length) pieces.push(text.slice(done));
  return pieces;
}

function standsAlone(text: string, start: number, end: number): boolean {
  // Two code units hold the whole neighbour, whatever its plane.
  const before = text.slice(Math.max(0, start - 2), start);
  return !/[\p{L}\p{M}\p{N}\p{Pc}]$/u.test(before) && !/^[\p{L}\p{M}\p{N}\p{Pc}]/u.test(text.slice(end, end + 2));
}

function escaped(text: string): string {
  return text.replaceAll(/[\^$\\.*+?()[\]{}|/]/g, "\\$&");
}
