// The pieces of an input, each with where it stands, and the ledger that gives each exactly one outcome.
import type { OptionReport, Outcome, Position } from "./disposition.ts";

/** Where a character of a text stands in the input. */
export type Locate = (offset: number) => Position;

export interface Token {
  /** What it means: quotes and escapes resolved. */
  readonly text: string;
  readonly position: Position;
  /** What a shell or a template would replace: `$MODEL`, `$(…)`, `~`. */
  readonly expansion?: string | undefined;
  /** The text with the expansion done, where the input says what it comes to, and how it says so. */
  readonly known?: { readonly text: string; readonly by: string } | undefined;
  /** Of the text, when it was a part of the input as it is: quotes, folds and indentation are counted. */
  readonly inside?: Locate | undefined;
}

export const HIDDEN = "(hidden)";

export interface Ledger {
  /** Every token, in the order of the input. */
  readonly tokens: readonly Token[];
  readonly reports: readonly OptionReport[];
  add(token: Token): Token;
  /** A token has one outcome only; `shown` replaces what is printed of it. */
  take(tokens: readonly Token[], outcome: Outcome, shown?: readonly string[]): void;
  /** What has no outcome yet. */
  left(): readonly Token[];
}

export function createLedger(): Ledger {
  const tokens: Token[] = [];
  const taken = new Set<Token>();
  const reports: OptionReport[] = [];
  return {
    tokens,
    reports,
    add(token) {
      tokens.push(token);
      return token;
    },
    take(mine, outcome, shown = mine.map(({ text }) => text)) {
      for (const token of mine) {
        if (taken.has(token)) throw new Error(`token ${JSON.stringify(token.text)} has an outcome already`);
        taken.add(token);
      }
      const { disposition, code, target = null, reason, hint = null } = outcome;
      const position = mine[0]?.position ?? null;
      reports.push({ tokens: shown, disposition, code, target, reason, hint, position });
    },
    left: () => tokens.filter((token) => !taken.has(token)),
  };
}
