// The schema as plain nodes that carry the field notes: read by hints, the reference page and the shipped JSON Schema.
import * as z from "zod";
import { type FieldNotes, fieldNotes } from "./field.ts";
import type { Path } from "./position.ts";
import { deploymentSchema } from "./schema.ts";

/** The part of a JSON Schema node that we look into. */
export interface FieldNode {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, FieldNode>>;
  readonly required?: readonly string[];
  readonly items?: FieldNode;
  readonly additionalProperties?: FieldNode | false;
  readonly anyOf?: readonly FieldNode[];
  readonly enum?: readonly (string | boolean)[];
  readonly const?: string | boolean;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly notes?: FieldNotes;
}

let tree: FieldNode | undefined;

/** Made on first use: only errors and the generator need it. */
export function fieldTree(): FieldNode {
  tree ??= z.toJSONSchema(deploymentSchema, {
    io: "input",
    target: "draft-2020-12",
    override: ({ zodSchema, jsonSchema }) => {
      const notes = fieldNotes.get(zodSchema);
      if (notes) Object.assign(jsonSchema, { notes });
    },
  }) as FieldNode;
  return tree;
}

export function nodeAt(path: Path): FieldNode | undefined {
  let node: FieldNode | undefined = fieldTree();
  for (const step of path) {
    node = node && child(node, step);
  }
  return node;
}

function child(node: FieldNode, step: string | number): FieldNode | undefined {
  if (node.anyOf) return node.anyOf.map((one) => child(one, step)).find((one) => one !== undefined);
  if (typeof step === "number") return node.items;
  if (node.properties && Object.hasOwn(node.properties, step)) return node.properties[step];
  return node.additionalProperties === false ? undefined : node.additionalProperties;
}

/** Every field, parents first. */
export function walkFields(visit: (path: readonly string[], node: FieldNode) => void): void {
  const walk = (node: FieldNode, path: readonly string[]) => {
    if (path.length > 0) visit(path, node);
    for (const [key, one] of Object.entries(node.properties ?? {})) walk(one, [...path, key]);
    for (const one of node.anyOf ?? []) if (one.properties) walkInside(one, path);
    if (node.items?.properties) walkInside(node.items, [...path.slice(0, -1), `${path.at(-1) ?? ""}[]`]);
  };
  const walkInside = (node: FieldNode, path: readonly string[]) => {
    for (const [key, one] of Object.entries(node.properties ?? {})) walk(one, [...path, key]);
  };
  walk(fieldTree(), []);
}

/** `a whole number from 1 to 1024`, `one of …` */
export function expectedOf(node: FieldNode): string {
  if (node.notes?.expected) return node.notes.expected;
  if (node.const !== undefined) return String(node.const);
  if (node.enum)
    return node.enum
      .map(String)
      .join(", ")
      .replace(/, (?=[^,]*$)/, " or ");
  if (node.type === "integer" || node.type === "number") return expectedNumber(node);
  if (node.type === "boolean") return "true or false";
  if (node.type === "array") return expectedList(node.items);
  if (node.type === "object") return node.additionalProperties ? "a mapping of names to texts" : "a mapping";
  return "text";
}

function expectedList(items: FieldNode | undefined): string {
  if (!items || items.properties) return "a list of mappings";
  return items.type === "string" ? "a list of texts" : `a list, each ${expectedOf(items)}`;
}

function expectedNumber({ type, minimum, maximum }: FieldNode): string {
  const kind = type === "integer" ? "a whole number" : "a number";
  if (minimum === undefined || maximum === undefined) return kind;
  return `${kind} from ${minimum} to ${maximum}`;
}
