// What vLLM's parser does to the words before argparse sees them: dashes for underscores, -O3, dotted JSON keys.
import { type FlagValue, readHumanInt } from "./flag-value.ts";

/** A word for argparse, and which words of the input it came from. */
export interface Piece {
  readonly text: string;
  readonly words: readonly number[];
}

export interface Pieces {
  readonly pieces: readonly Piece[];
  /** Dotted keys without a value. */
  readonly incomplete: readonly Piece[];
}

export function toPieces(words: readonly string[]): Pieces {
  return mergeDotted(words.flatMap((word, i) => respell(word, { i, next: words[i + 1] })));
}

interface Place {
  readonly i: number;
  readonly next: string | undefined;
}

function respell(word: string, { i, next }: Place): Piece[] {
  const piece = (text: string): Piece => ({ text, words: [i] });
  if (word.startsWith("--")) return [piece(dashed(word))];
  if (word.startsWith("-O") && word !== "-O") {
    const level = word[2] === "=" ? word.slice(3) : word.slice(2);
    return [piece("--optimization-level"), { text: level, words: [] }];
  }
  if (word === "-O" && next !== undefined && /^[0-3]$/.test(next)) return [piece("--optimization-level")];
  return [piece(word)];
}

/** Underscores between the dashes and the first dot of a name. */
function dashed(word: string): string {
  const equals = word.indexOf("=");
  const name = equals < 0 ? word : word.slice(0, equals);
  const dot = name.indexOf(".");
  const head = dot < 0 ? name : name.slice(0, dot);
  return head.replaceAll("_", "-") + word.slice(head.length);
}

interface Dotted {
  readonly words: number[];
  readonly value: Record<string, FlagValue>;
}

/** `--a.b 1 --a.c 2` becomes `--a {"b":1,"c":2}` at the end. */
function mergeDotted(pieces: readonly Piece[]): Pieces {
  const kept: Piece[] = [];
  const incomplete: Piece[] = [];
  const merged = new Map<string, Dotted>();
  for (let i = 0; i < pieces.length; i++) {
    const piece = pieces[i];
    if (piece === undefined) break;
    const { name, inline } = splitName(piece.text);
    if (!piece.text.startsWith("-") || !name.includes(".")) {
      kept.push(piece);
      continue;
    }
    const follower = inline === undefined ? pieces[++i] : undefined;
    const value = inline ?? follower?.text;
    if (value === undefined) incomplete.push(piece);
    else addDotted(merged, { name, value, words: [...piece.words, ...(follower?.words ?? [])] });
  }
  const last = [...merged].flatMap(([name, { words, value }]) => [
    { text: name, words },
    { text: JSON.stringify(value), words: [] },
  ]);
  return { pieces: [...kept, ...last], incomplete };
}

function splitName(text: string): { name: string; inline: string | undefined } {
  const equals = text.indexOf("=");
  if (equals < 0) return { name: text, inline: undefined };
  return { name: text.slice(0, equals), inline: text.slice(equals + 1) };
}

interface DottedWord {
  readonly name: string;
  readonly value: string;
  readonly words: readonly number[];
}

function addDotted(merged: Map<string, Dotted>, { name, value, words }: DottedWord): void {
  const isList = name.endsWith("+");
  const [key = "", ...keys] = (isList ? name.slice(0, -1) : name).split(".");
  let entry = merged.get(key);
  if (entry === undefined) merged.set(key, (entry = { words: [], value: {} }));
  entry.words.push(...words);
  const read: FlagValue = isList ? value.split(",") : looseValue(value);
  update(entry.value, nested(keys, read));
}

/** JSON, else a number with a suffix, else the text. */
function looseValue(text: string): FlagValue {
  try {
    return JSON.parse(text) as FlagValue;
  } catch {
    const number = readHumanInt(text);
    return "value" in number ? number.value : text;
  }
}

type Dict = Record<string, FlagValue>;

function nested(keys: readonly string[], value: FlagValue): Dict {
  const [first = "", ...rest] = keys;
  // A null prototype keeps a key named __proto__ an ordinary key.
  const dict = Object.create(null) as Dict;
  dict[first] = rest.length === 0 ? value : nested(rest, value);
  return dict;
}

/** Python's recursive update: dicts merge, lists grow, the rest is replaced. */
function update(into: Dict, from: Dict): void {
  for (const [key, value] of Object.entries(from)) {
    const old = into[key];
    if (isDict(value) && isDict(old)) update(old, value);
    else if (Array.isArray(value) && Array.isArray(old)) into[key] = [...old, ...value];
    else into[key] = value;
  }
}

function isDict(value: FlagValue | undefined): value is Dict {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
