// The output text of one stream event, found in its bytes: most events only have to show that there is some.

/** `"content":"` of a chat chunk, `"text":"` of a completion chunk; the offset of the text, -1 when it is empty or there is none. */
export function textStart(latin1: string, key: "content" | "text"): number {
  const name = key === "content" ? '"content":"' : '"text":"';
  const at = latin1.indexOf(name);
  if (at < 0) return -1;
  const start = at + name.length;
  return latin1.charCodeAt(start) === QUOTE ? -1 : start;
}

/** The text at `start`, unescaped. */
export function textAt(raw: Buffer, start: number): string {
  let end = start;
  while (end < raw.length && raw[end] !== QUOTE) end += raw[end] === BACKSLASH ? 2 : 1;
  return JSON.parse(raw.toString("utf8", start - 1, end + 1)) as string;
}

/** The same as it stands there, of an event in Latin-1. */
export function escapedAt(latin1: string, start: number): string {
  let end = start;
  while (end < latin1.length && latin1.charCodeAt(end) !== QUOTE) end += latin1.charCodeAt(end) === BACKSLASH ? 2 : 1;
  return latin1.slice(start, end);
}

const QUOTE = 34;
const BACKSLASH = 92;
