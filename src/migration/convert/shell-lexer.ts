// A POSIX shell's words and operators, with positions. Nothing is expanded: what a shell would replace is only marked.
import type { Locate, Token } from "./token.ts";

export type ShellItem =
  | { readonly kind: "word"; readonly token: Token }
  | { readonly kind: "operator"; readonly token: Token }
  | { readonly kind: "end"; readonly token: undefined };

interface Cursor {
  readonly text: string;
  readonly locate: Locate;
  at: number;
}

export function lexShell(text: string, locate: Locate): ShellItem[] {
  const cursor: Cursor = { text, locate, at: 0 };
  const items: ShellItem[] = [];
  while (cursor.at < text.length) {
    const item = next(cursor);
    if (item !== undefined) items.push(item);
  }
  return items;
}

/** What a shell splits words at; a no-break space is part of a word. */
const BLANK = /[ \t\r]/;
const OPERATOR = /^(?:\d*(?:>>|>&|<&|<<<|<<|>\||>|<)|&>>|&>|&&|\|\||;;|\|&|[|&;()])/;

function next(cursor: Cursor): ShellItem | undefined {
  const { text, at } = cursor;
  const continued = /^\\\r?\n/.exec(text.slice(at, at + 3));
  if (continued !== null) return skip(cursor, continued[0].length);
  const char = text[at] ?? "";
  if (char === "\n") {
    cursor.at++;
    return { kind: "end", token: undefined };
  }
  if (BLANK.test(char)) return skip(cursor, 1);
  if (char === "#") return skip(cursor, lineEnd(text, at) - at);
  const operator = OPERATOR.exec(text.slice(at, at + 8))?.[0];
  if (operator === undefined) return { kind: "word", token: readWord(cursor) };
  cursor.at += operator.length;
  return { kind: "operator", token: { text: operator, position: cursor.locate(at) } };
}

function skip(cursor: Cursor, length: number): undefined {
  cursor.at += length;
  return undefined;
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end;
}

interface WordState {
  value: string;
  /** Where each character of the value stands. */
  readonly offsets: number[];
  expansion: string | undefined;
}

const WORD_END = /[ \t\r\n|&;()<>]/;

function readWord(cursor: Cursor): Token {
  const start = cursor.at;
  const state: WordState = { value: "", offsets: [], expansion: undefined };
  if (/^~(?=[/\s]|$)/.test(cursor.text.slice(start, start + 2))) state.expansion = "~";
  while (cursor.at < cursor.text.length && !WORD_END.test(cursor.text[cursor.at] ?? "")) readPart(cursor, state);
  const raw = cursor.text.slice(start, cursor.at);
  if (state.expansion === undefined && hasBraces(raw)) state.expansion = "{…,…}";
  const { value, offsets, expansion: found } = state;
  const end = cursor.at;
  const inside: Locate = (offset) => cursor.locate(offsets[offset] ?? end);
  return { text: value, position: cursor.locate(start), expansion: found, inside };
}

/** `text` as it stands at the cursor, or from another place. */
function put(cursor: Cursor, state: WordState, text: string, from = cursor.at): void {
  state.value += text;
  for (let i = 0; i < text.length; i++) state.offsets.push(from + i);
}

/** Bash turns `{a,b}` outside of quotes into two words: JSON that lost its quotes. */
function hasBraces(raw: string): boolean {
  const bare = raw.replace(/\\.|'[^']*'|"(?:\\.|[^"\\])*"/gs, "");
  let open = false;
  let comma = false;
  for (const char of bare) {
    if (char === "}" && comma) return true;
    if (char === "{" || char === "}") [open, comma] = [char === "{", false];
    else if (char === ",") comma = open;
  }
  return false;
}

function readPart(cursor: Cursor, state: WordState): void {
  const char = cursor.text[cursor.at] ?? "";
  if (char === "'") return singleQuoted(cursor, state);
  if (char === '"') return doubleQuoted(cursor, state);
  if (char === "\\") return escaped(cursor, state);
  if (char === "$" || char === "`") return expansion(cursor, state);
  put(cursor, state, char);
  cursor.at++;
}

function singleQuoted(cursor: Cursor, state: WordState): void {
  const close = cursor.text.indexOf("'", cursor.at + 1);
  const end = close < 0 ? cursor.text.length : close;
  if (close < 0) state.expansion = "an unclosed quote";
  put(cursor, state, cursor.text.slice(cursor.at + 1, end), cursor.at + 1);
  cursor.at = end + 1;
}

function doubleQuoted(cursor: Cursor, state: WordState): void {
  cursor.at++;
  for (;;) {
    const char = cursor.text[cursor.at];
    if (char === undefined) {
      state.expansion = "an unclosed quote";
      return;
    }
    if (char === '"') {
      cursor.at++;
      return;
    }
    if (char === "$" || char === "`") expansion(cursor, state);
    else if (char === "\\" && /[$`"\\\n]/.test(cursor.text[cursor.at + 1] ?? "")) escaped(cursor, state);
    else {
      put(cursor, state, char);
      cursor.at++;
    }
  }
}

function escaped(cursor: Cursor, state: WordState): void {
  const after = cursor.text[cursor.at + 1] ?? "";
  if (after === "\r" && cursor.text[cursor.at + 2] === "\n") {
    cursor.at += 3;
    return;
  }
  if (after !== "\n") put(cursor, state, after, cursor.at + 1);
  cursor.at += 2;
}

/** `$NAME`, `${…}`, `$(…)`, `` `…` ``; a lone dollar is itself. */
function expansion(cursor: Cursor, state: WordState): void {
  const length = expansionLength(cursor.text, cursor.at);
  const raw = cursor.text.slice(cursor.at, cursor.at + length);
  if (raw !== "$") state.expansion ??= raw;
  put(cursor, state, raw);
  cursor.at += length;
}

function expansionLength(text: string, at: number): number {
  if (text[at] === "`") return closing(text, at + 1, "`") - at;
  if (text[at + 1] === "(") return balanced(text, at + 1, "()") - at;
  if (text[at + 1] === "{") return balanced(text, at + 1, "{}") - at;
  if (text[at + 1] === "'") return closing(text, at + 2, "'") - at;
  const name = /^\$(?:[A-Za-z_]\w*|[\d@*#?$!-])/.exec(text.slice(at, at + 300));
  return name?.[0].length ?? 1;
}

function closing(text: string, from: number, quote: string): number {
  const end = text.indexOf(quote, from);
  return end < 0 ? text.length : end + 1;
}

function balanced(text: string, from: number, [open, close]: string): number {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    if (text[at] === open) depth++;
    if (text[at] === close && --depth === 0) return at + 1;
  }
  return text.length;
}
