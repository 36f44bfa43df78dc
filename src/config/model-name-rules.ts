// What aliases and adapters must agree on, over all deployments of one process.
import type { CandidateDocument, Finding } from "./candidate.ts";
import type { Path } from "./position.ts";
import type { Problem } from "./problem.ts";
import { placeOf } from "./process-wide.ts";

interface Named {
  readonly of: CandidateDocument;
  readonly path: Path;
  readonly value: string;
}

interface AliasUse extends Named {
  readonly weight: number;
  /** What it stands for there. */
  readonly target: string;
}

const MODEL = ["spec", "model"];

export function modelNameRules(candidates: readonly CandidateDocument[]): Finding[] {
  const aliases = candidates.flatMap(aliasUses).filter(isGenuine);
  return [
    ...clashes(aliases, candidates.flatMap(ownNames)),
    ...repeated(aliases),
    ...weightless(aliases),
    ...candidates.flatMap(unknownAdapters),
  ];
}

/** Not a stand-in for something that was wrong. */
function isGenuine({ of, path }: Named): boolean {
  const covers = (one: Path) => one.length <= path.length && one.every((step, i) => step === path[i]);
  return !of.repaired.some(covers);
}

function aliasUses(of: CandidateDocument): AliasUse[] {
  const { name, aliases } = of.document.spec.model;
  return aliases.map(({ name: value, weight, adapter }, i) => {
    const target = JSON.stringify([name, adapter]);
    return { of, path: [...MODEL, "aliases", i, "name"], value, weight, target };
  });
}

function ownNames(of: CandidateDocument): Named[] {
  const { name, servedNames = [name], lora } = of.document.spec.model;
  return [...servedNames, ...lora.adapters.map((one) => one.name)].map((value) => ({ of, path: MODEL, value }));
}

function clashes(aliases: readonly AliasUse[], names: readonly Named[]): Finding[] {
  const taken = new Map(names.map((one) => [one.value, one]));
  return aliases.flatMap((alias) => {
    const other = taken.get(alias.value);
    if (other === undefined) return [];
    const message = `is the name of a model or adapter, at ${placeOf(other.of, other.path)}`;
    return [found(alias, { code: "duplicate-name", message, value: alias.value })];
  });
}

function repeated(aliases: readonly AliasUse[]): Finding[] {
  const seen = new Set<string>();
  return aliases.flatMap((alias) => {
    const key = JSON.stringify([alias.value, alias.target]);
    if (!seen.has(key)) {
      seen.add(key);
      return [];
    }
    const message = "stands for the same model a second time";
    return [found(alias, { code: "duplicate-name", message, value: alias.value })];
  });
}

function weightless(aliases: readonly AliasUse[]): Finding[] {
  const names = [...new Set(aliases.map(({ value }) => value))];
  return names.flatMap((name) => {
    const uses = aliases.filter(({ value }) => value === name);
    const [first] = uses;
    if (first === undefined || uses.some(({ weight }) => weight > 0)) return [];
    const message = "has no model behind it: all its weights are 0";
    return [found(first, { code: "conflict", message, value: name, expected: "a weight above 0" })];
  });
}

function unknownAdapters(of: CandidateDocument): Finding[] {
  const { aliases, lora } = of.document.spec.model;
  const known = lora.adapters.map(({ name }) => name);
  return aliases.flatMap(({ adapter }, i) => {
    if (adapter === undefined || known.includes(adapter)) return [];
    const use = { of, path: [...MODEL, "aliases", i, "adapter"], value: adapter };
    const expected = known.length === 0 ? "a name in spec.model.lora.adapters" : known.join(", ");
    return [found(use, { code: "conflict", message: "is no adapter of this model", value: adapter, expected })];
  });
}

function found({ of, path }: Named, about: Pick<Problem, "code" | "message" | "value" | "expected">): Finding {
  return { of, problem: { severity: "error", path, ...about } };
}
