// The simulated model: the next token as a pure function of (model seed, token ids so far), readable and with an end.
import type { Vocabulary } from "./vocabulary.ts";

/** What sampling adds to the model: nothing when greedy. */
export interface Choice {
  /** 0 for greedy; otherwise of the request's seed, or of chance. */
  readonly salt: number;
  /** Never the end of the sequence (min_tokens, ignore_eos). */
  readonly noEnd: boolean;
}

export interface NextToken {
  readonly vocabulary: Vocabulary;
  /** `state` is the hash of every id so far, `last` the ids at the end, newest last. */
  after(state: number, last: ArrayLike<number>, choice: Choice): number;
  /** A number of 32 bits that depends on the state, for invented figures such as logprobs. */
  readonly figure: (state: number, salt: number) => number;
}

/** Hash of a token sequence; extend it one id at a time with `mixToken`. */
export const EMPTY_STATE = 0x811c9dc5 | 0;

export function mixToken(state: number, id: number): number {
  // FNV-1a over the id's four bytes at once, then a rotation so that order matters at any distance.
  const mixed = Math.imul(state ^ id, 0x01000193);
  return (mixed << 13) | (mixed >>> 19);
}

export function mixTokens(state: number, ids: ArrayLike<number>): number {
  let mixed = state;
  for (let i = 0; i < ids.length; i++) mixed = mixToken(mixed, ids[i] ?? 0);
  return mixed;
}

/** Mean length = words per sentence × sentences ≈ 12 × 16 ≈ 200 tokens, geometric. */
const SENTENCE_END = 1 / 12;
const COMMA = 1 / 14;
const TEXT_END = 1 / 16;
const COMPOUND = 1 / 40;

export interface ModelSeed {
  readonly model: string;
  readonly seed: number;
  /** Share of tokens, 0…1, that another engine would not make. */
  readonly divergence: number;
}

export function nextToken(vocabulary: Vocabulary, model: ModelSeed): NextToken {
  const base = hashText(`${model.model}\0${model.seed}`);
  const { comma, period } = vocabulary;

  function draw(state: number, salt: number): number {
    const random = scramble(state ^ base ^ scramble(salt));
    const differs = model.divergence > 0 && unit(scramble(random ^ 0x5bd1e995)) < model.divergence;
    return differs ? scramble(random ^ 0x2545f491) : random;
  }

  function start(last: ArrayLike<number>): boolean {
    const previous = last[last.length - 1];
    return previous === period || !(wordSet.has(previous ?? -1) || previous === comma);
  }

  const wordSet = new Set([
    ...vocabulary.words,
    ...vocabulary.openers,
    ...vocabulary.compounds.map((c) => c.at(-1) ?? -1),
  ]);

  function after(state: number, last: ArrayLike<number>, choice: Choice): number {
    const open = openCompound(vocabulary.compounds, last);
    if (open !== undefined) return open;
    const random = draw(state, choice.salt);
    const pick = scramble(random ^ 0x9e3779b9);
    const previous = last[last.length - 1];
    if (previous === period && period !== undefined && unit(random) < TEXT_END && !choice.noEnd)
      return vocabulary.endOfSequence;
    if (start(last)) return at(vocabulary.openers, pick);
    const roll = unit(random);
    if (previous !== comma && period !== undefined && roll < SENTENCE_END) return period;
    if (previous !== comma && comma !== undefined && roll < SENTENCE_END + COMMA) return comma;
    if (roll > 1 - COMPOUND && vocabulary.compounds.length > 0) return at(vocabulary.compounds, pick)[0] ?? 0;
    return at(vocabulary.words, pick);
  }

  return { vocabulary, after, figure: (state, salt) => scramble(state ^ base ^ scramble(salt + 1)) };
}

/** The id that continues a compound whose beginning ends the sequence. */
function openCompound(compounds: readonly (readonly number[])[], last: ArrayLike<number>): number | undefined {
  let best: { readonly length: number; readonly id: number | undefined } = { length: 0, id: undefined };
  for (const compound of compounds)
    for (let length = Math.min(compound.length - 1, last.length); length > best.length; length--)
      if (endsWith(last, compound, length)) best = { length, id: compound[length] };
  return best.id;
}

function endsWith(last: ArrayLike<number>, ids: readonly number[], length: number): boolean {
  const from = last.length - length;
  for (let i = 0; i < length; i++) if (last[from + i] !== ids[i]) return false;
  return true;
}

function at<T>(list: readonly T[], random: number): T {
  const item = list[(random >>> 0) % list.length];
  if (item === undefined) throw new Error("the simulated model has no words");
  return item;
}

export function unit(random: number): number {
  return (random >>> 0) / 4294967296;
}

/** The finaliser of MurmurHash3 (public domain). */
export function scramble(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

export function hashText(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 16777619);
  return h | 0;
}
