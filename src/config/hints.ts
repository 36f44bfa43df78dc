// What a mistyped or misplaced field was probably meant to be.
import { nearestName } from "../model/index.ts";
import { type FieldNode, nodeAt, walkFields } from "./field-tree.ts";
import type { Path } from "./position.ts";

/** Names by which vLLM or habit know a field of ours. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  maxnumseqs: "maxBatchSize",
  maxnumbatchedtokens: "maxBatchedTokens",
  servedmodelname: "servedNames",
  tp: "tensorParallelSize",
  pp: "pipelineParallelSize",
  apikey: "keyFrom",
  token: "keyFrom",
  model: "name",
  gpus: "gpusPerReplica",
};

/** The field of `parent` that a key it does not have was probably meant to be. */
export function likelyKey(key: string, parent: Path): string | undefined {
  const names = Object.keys(propertiesOf(nodeAt(parent)));
  const other = OTHER_NAMES[normal(key)];
  return other !== undefined && names.includes(other) ? other : nearest(key, names);
}

export function hintForKey(key: string, parent: Path): string | undefined {
  const likely = likelyKey(key, parent);
  if (likely !== undefined) return `did you mean ${likely}?`;
  const places = elsewhere(key);
  if (places.length > 0) return `it belongs at ${places.join(" or ")}; check the indentation`;
  const names = Object.keys(propertiesOf(nodeAt(parent)));
  return names.length > 0 && names.length <= 12 ? `known here: ${names.join(", ")}` : undefined;
}

export function hintForValue(value: unknown, node: FieldNode): string | undefined {
  if (typeof value !== "string")
    return node.type === "string" && isScalar(value) ? `write "${String(value)}"` : undefined;
  if (node.type === "boolean") return booleanHint(value);
  const isNumber = node.type === "integer" || node.type === "number";
  if (isNumber && value.trim() !== "" && Number.isFinite(Number(value))) return "remove the quotes";
  if (isNumber) return durationHint(value, node);
  const names = (node.enum ?? (node.const === undefined ? [] : [node.const])).map(String);
  const near = nearest(value, names);
  return near === undefined ? undefined : `did you mean ${near}?`;
}

function booleanHint(value: string): string | undefined {
  if (/^(yes|on|y|true)$/i.test(value)) return "write true";
  return /^(no|off|n|false)$/i.test(value) ? "write false" : undefined;
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `10s` where milliseconds are counted. */
function durationHint(value: string, { notes, type }: FieldNode): string | undefined {
  const [, amount, unit = ""] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*$/i.exec(value) ?? [];
  const [given, counted] = [UNIT_MS[unit.toLowerCase()], UNIT_MS[notes?.unit ?? ""]];
  if (amount === undefined || given === undefined || counted === undefined) return undefined;
  const number = Number(((Number(amount) * given) / counted).toFixed(6));
  if (type === "integer" && !Number.isInteger(number)) return undefined;
  return `write ${number}: the field counts ${notes?.unit}`;
}

function isScalar(value: unknown): boolean {
  return typeof value === "number" || typeof value === "boolean";
}

function nearest(typed: string, names: readonly string[]): string | undefined {
  // A longer text is no typing error, and the comparison takes the product of both lengths.
  if (typed.length > 100) return undefined;
  const [begun, ...more] = names.filter((name) => typed.length > 2 && normal(name).startsWith(normal(typed)));
  if (begun !== undefined && more.length === 0) return begun;
  const found = nearestName(normal(typed), names.map(normal));
  return names.find((name) => normal(name) === found);
}

function normal(name: string): string {
  return name.toLowerCase().replace(/^-+|[_-]/g, "");
}

function elsewhere(key: string): string[] {
  const places: string[] = [];
  walkFields((path) => {
    if (path.at(-1) === key) places.push(path.join("."));
  });
  return places.length <= 3 ? places : [];
}

function propertiesOf(node: FieldNode | undefined): Readonly<Record<string, FieldNode>> {
  return node?.properties ?? node?.anyOf?.find((one) => one.properties)?.properties ?? {};
}
