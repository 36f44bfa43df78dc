// Rules for the leaves of structured inputs: the first pattern that fits a path decides.
import type { Outcome } from "./disposition.ts";
import { hideSecrets } from "./hide-secrets.ts";
import type { Reading } from "./reading.ts";
import { type Leaf, leafToken } from "./yaml-leaves.ts";

export interface LeafRule {
  readonly path: RegExp;
  readonly outcome: Outcome;
}

export function dropped(path: RegExp, code: Outcome["code"], reason: string): LeafRule {
  return { path, outcome: { disposition: "dropped-safe", code, reason } };
}

export function unsupported(path: RegExp, code: Outcome["code"], reason: string, hint?: string): LeafRule {
  return { path, outcome: { disposition: "unsupported", code, reason, hint: hint ?? null } };
}

const UNKNOWN: Outcome = {
  disposition: "unknown",
  code: "unknown-option",
  reason: "this field is not known",
  hint: "check its spelling; if it matters, do by hand what it did",
};

const EMPTY: Outcome = { disposition: "dropped-safe", code: "is-default", reason: "empty: it says nothing" };

function isEmpty({ value }: Leaf): boolean {
  return value === null || (typeof value === "object" && Object.keys(value ?? {}).length === 0);
}

export function applyRules(reading: Reading, leaves: readonly Leaf[], rules: readonly LeafRule[]): void {
  for (const [i, leaf] of leaves.entries()) {
    const token = reading.ledger.add(leafToken(leaf));
    const found = rules.find(({ path }) => path.test(leaf.path))?.outcome;
    const outcome = found?.disposition === "unsupported" && isEmpty(leaf) ? EMPTY : (found ?? UNKNOWN);
    reading.ledger.take([token], outcome, [printable(leaf, leaves[i - 1]?.text)]);
  }
}

/** The item before may be the option that this one belongs to. */
function printable({ path, text }: Leaf, before = ""): string {
  const [, shown = ""] = hideSecrets([before, text]);
  return shown.length > 200 ? `${path}: ${shown.slice(0, 200)}…` : `${path}: ${shown}`;
}
