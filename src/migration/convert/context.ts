// What the steps of a conversion share.
import type { ArgvOption, FlagValue, VllmVersion } from "../../vllm/index.ts";
import type { Word } from "./config-words.ts";
import type { Outcome } from "./disposition.ts";
import type { Draft } from "./draft.ts";
import type { Reading } from "./reading.ts";
import type { Token } from "./token.ts";

export type Strategy = "colocated" | "disaggregated";

export interface Context {
  readonly reading: Reading;
  readonly draft: Draft;
  readonly version: VllmVersion;
  readonly strategy: Strategy;
  /** Words of the command line and of its config file, as vLLM's parser gets them. */
  readonly words: readonly Word[];
  /** What the options came to, by name; the last one of each. */
  readonly effective: Map<string, FlagValue>;
  /** Paths that `--set` gives. */
  readonly set: ReadonlyMap<string, unknown>;
  readonly notes: string[];
}

export function ownersOf({ words }: Context, indices: readonly number[]): Token[] {
  return indices.flatMap((i) => words[i]?.owner ?? []);
}

/** The first expansion among words. */
export function expansionIn({ words }: Context, indices: readonly number[]): string | undefined {
  return indices.map((i) => words[i]?.expansion).find((one) => one !== undefined);
}

/** `--set` knows pools by their own names. */
export function isSet({ set }: Context, path: string): boolean {
  const names = ["workers", "prefill", "decode"].map((name) => path.replace("{pool}", name));
  return names.some((name) => set.has(name)) || set.has(path);
}

/** One option, and how its tokens get their outcome. */
export interface OptionStep {
  readonly option: ArgvOption;
  readonly take: (outcome: Outcome) => void;
}
