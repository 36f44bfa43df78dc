// The words after `vllm serve` → options, as vLLM's parser reads them (argparse with prefixes, lists, negative numbers).
import type { Flag } from "./flag.ts";
import { flagTable, type FlagTable, type KnownFlag } from "./flag-table.ts";
import { type FlagValue, flagValue } from "./flag-value.ts";
import { type Piece, toPieces } from "./pieces.ts";
import type { RemovedFlag } from "./removed-flags.ts";
import type { VllmVersion } from "./version.ts";

export interface ArgvOption {
  readonly flag: Flag;
  readonly negated: boolean;
  readonly removed: RemovedFlag | undefined;
  /** As written, without an inline value: `-tp`, `--tensor-par`. */
  readonly spelled: string;
  readonly values: readonly string[];
  /** What vLLM makes of them; undefined when it refuses them. */
  readonly value: FlagValue | undefined;
  /** Why vLLM refuses them. */
  readonly problem: string | undefined;
  /** Indices of the words it is made of, the option's own first. */
  readonly words: readonly number[];
}

export type FaultKind = "unknown-option" | "ambiguous" | "extra-word";

/** Words that are no option of this release. */
export interface ArgvFault {
  readonly kind: FaultKind;
  readonly spelled: string;
  readonly words: readonly number[];
  /** Options that it may stand for. */
  readonly candidates: readonly string[];
}

export interface ParsedArgv {
  readonly model: { readonly value: string; readonly words: readonly number[] } | undefined;
  /** In the order of argparse: dotted keys come last. */
  readonly options: readonly ArgvOption[];
  readonly faults: readonly ArgvFault[];
}

/** Every word is in exactly one of the model, an option and a fault. */
export function parseServeArgv(words: readonly string[], version: VllmVersion): ParsedArgv {
  const { pieces, incomplete } = toPieces(words);
  const table = flagTable(version);
  const state: State = { table, marks: classify(pieces, table), at: 0, options: [], faults: [], model: undefined };
  while (state.at < state.marks.length) step(state);
  for (const piece of incomplete) state.faults.push(fault("unknown-option", piece));
  return { model: state.model, options: state.options, faults: state.faults };
}

interface Mark {
  readonly piece: Piece;
  /** Undefined for a plain word. */
  readonly option: OptionMark | undefined;
}

interface OptionMark {
  readonly spelled: string;
  readonly inline: string | undefined;
  /** None for an unknown option, several for an ambiguous prefix. */
  readonly known: readonly KnownFlag[];
}

interface State {
  readonly table: FlagTable;
  readonly marks: readonly Mark[];
  at: number;
  readonly options: ArgvOption[];
  readonly faults: ArgvFault[];
  model: { readonly value: string; readonly words: readonly number[] } | undefined;
}

function classify(pieces: readonly Piece[], table: FlagTable): Mark[] {
  let onlyWords = false;
  return pieces.map((piece) => {
    const option = onlyWords ? undefined : optionMark(piece.text, table);
    if (piece.text === "--") onlyWords = true;
    return { piece, option };
  });
}

/** argparse's _parse_optional. */
function optionMark(text: string, table: FlagTable): OptionMark | undefined {
  if (!text.startsWith("-") || text.length === 1 || text === "--") return undefined;
  const exact = table.get(text);
  if (exact !== undefined) return { spelled: text, inline: undefined, known: [exact] };
  const equals = text.indexOf("=");
  const [name, inline] = equals < 0 ? [text, undefined] : [text.slice(0, equals), text.slice(equals + 1)];
  const named = inline === undefined ? undefined : table.get(name);
  if (named !== undefined) return { spelled: name, inline, known: [named] };
  const prefixed = text.startsWith("--")
    ? { spelled: name, inline, known: table.startingWith(name) }
    : shortMark(text, table);
  if (prefixed.known.length > 0) return prefixed;
  if (/^-\d+$|^-\d*\.\d+$/.test(text) || text.includes(" ")) return undefined;
  return { spelled: name, inline, known: [] };
}

/** `-qfp8` is `-q` with its value; `-t` is a prefix of `-tp`. */
function shortMark(text: string, table: FlagTable): OptionMark {
  const short = text.slice(0, 2);
  const attached = table.get(short);
  const longer = table.startingWith(text).filter((one) => one !== attached);
  const known = [...(attached === undefined ? [] : [attached]), ...longer];
  const isAttached = attached !== undefined && longer.length === 0;
  return isAttached ? { spelled: short, inline: text.slice(2), known } : { spelled: text, inline: undefined, known };
}

function step(state: State): void {
  const mark = state.marks[state.at++];
  if (mark === undefined) return;
  if (mark.option === undefined) takeWord(state, mark.piece);
  else takeOption(state, mark.piece, mark.option);
}

function takeWord(state: State, piece: Piece): void {
  if (piece.text === "--") state.faults.push(fault("extra-word", piece));
  else if (state.model === undefined) state.model = { value: piece.text, words: piece.words };
  else state.faults.push(fault("extra-word", piece));
}

function takeOption(state: State, piece: Piece, { spelled, inline, known }: OptionMark): void {
  const [only, ...more] = distinct(known);
  if (only === undefined || more.length > 0) {
    const kind = only === undefined ? "unknown-option" : "ambiguous";
    const words = [...piece.words, ...(inline === undefined ? takeWords(state, Infinity).flatMap(wordsOf) : [])];
    const candidates = distinct(known).map(nameOf);
    state.faults.push({ kind, spelled, words, candidates });
    return;
  }
  const room = inline === undefined ? arity(only.flag) : 0;
  const taken = takeWords(state, room);
  const values = inline === undefined ? taken.map((one) => one.text) : [inline];
  const { flag, negated, removed } = only;
  const words = [...new Set([...piece.words, ...taken.flatMap(wordsOf)])];
  state.options.push({ flag, negated, removed, spelled, values, words, ...valueOf(only, { values, inline }) });
}

function valueOf(
  { flag, negated }: KnownFlag,
  { values, inline }: { values: readonly string[]; inline: string | undefined },
): Pick<ArgvOption, "value" | "problem"> {
  if (inline !== undefined && arity(flag) === 0)
    return { value: undefined, problem: `takes no value, found ${inline}` };
  const optional = flag.kind === "optional-text" || arity(flag) === 0;
  if (values.length === 0 && !optional) return { value: undefined, problem: "needs a value" };
  const result = flagValue(flag, { negated, values });
  return "problem" in result
    ? { value: undefined, problem: result.problem }
    : { value: result.value, problem: undefined };
}

/** The plain words that follow, up to so many. */
function takeWords(state: State, room: number): Piece[] {
  const taken: Piece[] = [];
  for (let mark = state.marks[state.at]; mark !== undefined; mark = state.marks[state.at]) {
    if (taken.length >= room || mark.option !== undefined || mark.piece.text === "--") break;
    taken.push(mark.piece);
    state.at++;
  }
  return taken;
}

function arity({ kind }: Flag): number {
  if (kind === "switch" || kind === "bare") return 0;
  return kind === "texts" || kind === "ints" ? Infinity : 1;
}

function wordsOf(piece: Piece): readonly number[] {
  return piece.words;
}

function distinct(known: readonly KnownFlag[]): readonly KnownFlag[] {
  return known.filter((one, i) => known.findIndex((other) => nameOf(other) === nameOf(one)) === i);
}

function nameOf({ flag, negated }: KnownFlag): string {
  return negated ? `--no-${flag.name.slice(2)}` : flag.name;
}

function fault(kind: FaultKind, { text, words }: Piece): ArgvFault {
  return { kind, spelled: text, words, candidates: [] };
}
