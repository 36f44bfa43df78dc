// `--explain FLAG`: what vLLM says of an option, and what becomes of it.
import { SwitchgearError } from "../../core/index.ts";
import {
  type Flag,
  flagTable,
  parseVersion,
  removalOf,
  REMOVED_FLAGS,
  TABLE_VERSION,
  type VllmVersion,
} from "../../vllm/index.ts";
import { type FlagRule, ruleOf } from "./flag-rules.ts";

export interface FlagExplanation {
  readonly option: string;
  readonly otherNames: readonly string[];
  readonly value: string;
  readonly default: string;
  readonly removedIn: string | null;
  readonly disposition: string;
  readonly target: string | null;
  readonly note: string | null;
}

/** By full name, short form or unambiguous prefix. */
export function explainFlag(name: string, version: VllmVersion): FlagExplanation {
  const table = flagTable(version);
  const dashed = name.startsWith("-") ? name : `--${name}`;
  const option = dashed.startsWith("--") ? `--${dashed.slice(2).replaceAll("_", "-")}` : dashed;
  const gone = REMOVED_FLAGS.filter(({ flag }) => flag.name.startsWith(option));
  const found = table.get(option) ?? only(table.startingWith(option)) ?? only(gone);
  if (found === undefined) {
    const near = table.startingWith(option).map(({ flag }) => flag.name);
    const expected = near.length > 0 ? `one of ${[...new Set(near)].join(", ")}` : "an option of vllm serve";
    throw new SwitchgearError("SWG_USAGE", "no such option", { where: "--explain", value: name, expected });
  }
  return describeFlag(found.flag);
}

function only<T>(all: readonly T[]): T | undefined {
  return all.length === 1 ? all[0] : undefined;
}

export function describeFlag(flag: Flag): FlagExplanation {
  const rule = ruleOf(flag);
  const removal = removalOf(flag);
  return {
    option: flag.name,
    otherNames: [...flag.others, ...(flag.kind === "switch" ? [`--no-${flag.name.slice(2)}`] : [])],
    value: valueOf(flag),
    default:
      flag.fallback === undefined ? "vLLM's own" : flag.fallback === null ? "none" : JSON.stringify(flag.fallback),
    removedIn: removal?.removedIn ?? null,
    ...ruleParts(rule),
    note: [removalNote(flag), noteOf(rule)].filter((one) => one !== null).join("; ") || null,
  };
}

const VALUES: Readonly<Record<Flag["kind"], string>> = {
  switch: "none",
  bare: "none",
  text: "text",
  int: "whole number",
  float: "number",
  "human-int": "whole number, such as 8k or 16K",
  "human-int-auto": "whole number, such as 8k or 16K, or auto",
  json: "JSON",
  "json-or-text": "JSON or text",
  texts: "texts",
  ints: "whole numbers",
  append: "text, repeatable",
  "optional-text": "text, or none",
};

function valueOf({ kind, choices }: Flag): string {
  return choices === undefined ? VALUES[kind] : choices.join(", ");
}

function ruleParts(rule: FlagRule): Pick<FlagExplanation, "disposition" | "target"> {
  switch (rule.kind) {
    case "field":
      return { disposition: "mapped", target: rule.path };
    case "argument":
      return { disposition: "passed-through", target: "spec.serving.{pool}.args" };
    case "special":
      return { disposition: rule.disposition, target: rule.target };
    default:
      return { disposition: rule.kind, target: null };
  }
}

function noteOf(rule: FlagRule): string | null {
  if ("reason" in rule) return rule.reason;
  return rule.note ?? null;
}

function removalNote(flag: Flag): string | null {
  const removal = removalOf(flag);
  if (removal === undefined) return null;
  const { fate, removedIn } = removal;
  if (fate.kind === "renamed") return `from ${removedIn} on changed to ${fate.to.join(" ")}`;
  return `from ${removedIn} on ${fate.kind === "no-effect" ? "dropped-safe" : "unsupported"}: ${fate.note}`;
}

/** As `--vllm-version` names it; the newest known without. */
export function releaseNamed(text: string | undefined): VllmVersion {
  if (text === undefined) return tableVersion();
  const version = parseVersion(text);
  if (version !== undefined) return version;
  const expected = "numbers such as 0.11.0";
  throw new SwitchgearError("SWG_USAGE", "no version of vLLM", { where: "--vllm-version", value: text, expected });
}

export function tableVersion(): VllmVersion {
  const parsed = parseVersion(TABLE_VERSION);
  if (parsed === undefined) throw new RangeError(`${TABLE_VERSION} is no version`);
  return parsed;
}
