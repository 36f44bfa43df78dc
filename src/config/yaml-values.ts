// YAML nodes → plain values with positions. Own walk: it bounds what aliases expand to and finds duplicate keys in linear time.
import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap, type YAMLSeq } from "yaml";
import type { DiagnosticCode } from "./diagnostic.ts";
import type { Path, Position } from "./position.ts";

/** Nodes after alias expansion; a real deployment has a few hundred. */
const MAX_NODES = 100_000;
const MAX_DEPTH = 64;

export interface ValueProblem {
  readonly code: DiagnosticCode;
  readonly offset: number;
  readonly path: Path;
  readonly message: string;
  readonly hint?: string;
}

export interface Values {
  readonly value: unknown;
  readonly root: Position;
  readonly problems: readonly ValueProblem[];
}

interface Walk {
  /** The latest node of each anchor so far: an alias means the last one before it. */
  readonly anchors: Map<string, unknown>;
  /** How many aliases the walk is inside of. */
  expanding: number;
  readonly problems: ValueProblem[];
  nodes: number;
}

interface Place {
  readonly path: Path;
  /** Offset that stands for a node without a place of its own. */
  readonly offset: number;
}

interface Converted {
  readonly value: unknown;
  readonly position: Position;
}

/** Stops the walk: what follows would only repeat it. */
class Stop extends Error {}

export function toValues(document: Document.Parsed): Values {
  const walk: Walk = { anchors: new Map(), expanding: 0, problems: [], nodes: 0 };
  const start = document.contents?.range[0] ?? document.range[0];
  try {
    const { value, position } = convert(walk, document.contents, { path: [], offset: start });
    return { value, root: position, problems: walk.problems };
  } catch (thrown) {
    if (!(thrown instanceof Stop)) throw thrown;
    return { value: null, root: leaf(start), problems: walk.problems };
  }
}

function convert(walk: Walk, node: unknown, place: Place): Converted {
  const offset = offsetOf(node) ?? place.offset;
  guard(walk, place, offset);
  if (isAlias(node)) return expand(walk, node.source, { ...place, offset });
  remember(walk, node);
  if (isMap(node)) return convertMap(walk, node, { path: place.path, offset });
  if (isSeq(node)) return convertSeq(walk, node, { path: place.path, offset });
  return { value: isScalar(node) ? plainScalar(walk, node.value, { ...place, offset }) : null, position: leaf(offset) };
}

/** A tag such as !!binary makes objects; no field takes one. */
function plainScalar(walk: Walk, value: unknown, { path, offset }: Place): unknown {
  if (typeof value !== "object" || value === null) return typeof value === "bigint" ? Number(value) : value;
  walk.problems.push({ code: "yaml-syntax", offset, path, message: "has a tag that is not supported" });
  return "";
}

function expand(walk: Walk, anchor: string, place: Place): Converted {
  const { path, offset } = place;
  if (!walk.anchors.has(anchor)) {
    stop(walk, { code: "yaml-syntax", offset, path, message: `has no anchor &${anchor} before it` });
  }
  walk.expanding += 1;
  const { value, position } = convert(walk, walk.anchors.get(anchor), place);
  walk.expanding -= 1;
  return { value, position: { key: offset, value: offset, children: position.children } };
}

function remember(walk: Walk, node: unknown): void {
  const { anchor } = (node ?? {}) as { anchor?: string };
  if (anchor !== undefined && walk.expanding === 0) walk.anchors.set(anchor, node);
}

function guard(walk: Walk, place: Place, offset: number): void {
  walk.nodes += 1;
  if (walk.nodes > MAX_NODES) {
    const message = `expands to more than ${MAX_NODES} values`;
    stop(walk, { code: "too-many-aliases", offset, path: [], message, hint: "are aliases nested in aliases?" });
  }
  if (place.path.length > MAX_DEPTH) {
    stop(walk, { code: "too-deep", offset, path: [], message: `is nested more than ${MAX_DEPTH} deep` });
  }
}

function convertSeq(walk: Walk, node: YAMLSeq, place: Place): Converted {
  const position = leaf(place.offset);
  const value = node.items.map((item, index) => {
    const child = convert(walk, item, { path: [...place.path, index], offset: place.offset });
    position.children.set(index, child.position);
    return child.value;
  });
  return { value, position };
}

function convertMap(walk: Walk, node: YAMLMap, place: Place): Converted {
  const position = leaf(place.offset);
  // Without a prototype, so that a key `__proto__` is a key like any other.
  const value = Object.create(null) as Record<string, unknown>;
  const merged: Converted[] = [];
  for (const pair of node.items) {
    const key = readKey(walk, pair, place);
    if (key === undefined) continue;
    const path = [...place.path, key.name];
    if (position.children.has(key.name)) {
      const message = "is here twice in the same mapping";
      walk.problems.push({ code: "duplicate-key", offset: key.offset, path, message, hint: "keep one of them" });
      continue;
    }
    const child = convert(walk, pair.value, { path, offset: key.offset });
    if (key.name === "<<") {
      merged.push(child);
      continue;
    }
    value[key.name] = child.value;
    position.children.set(key.name, { ...child.position, key: key.offset });
  }
  for (const source of merged) mergeInto(walk, { value, position }, { source, place });
  return { value, position };
}

function readKey(walk: Walk, pair: Pair, place: Place): { readonly name: string; readonly offset: number } | undefined {
  const offset = offsetOf(pair.key) ?? place.offset;
  remember(walk, pair.key);
  const key: unknown = isScalar(pair.key) ? pair.key.value : undefined;
  if (typeof key === "string" || typeof key === "number" || typeof key === "boolean") return { name: `${key}`, offset };
  const message = "has a key that is no plain text";
  walk.problems.push({ code: "yaml-syntax", offset, path: place.path, message });
  return undefined;
}

/** `<<: *anchor` or `<<: [*a, *b]`: fills in the keys that are not there. */
function mergeInto(
  walk: Walk,
  target: { readonly value: Record<string, unknown>; readonly position: Position },
  { source, place }: { readonly source: Converted; readonly place: Place },
): void {
  const values = Array.isArray(source.value) ? (source.value as unknown[]) : [source.value];
  for (const [index, from] of values.entries()) {
    if (typeof from !== "object" || from === null || Array.isArray(from)) {
      const message = "merges something that is no mapping";
      const { key: offset } = source.position;
      walk.problems.push({ code: "yaml-syntax", offset, path: [...place.path, "<<"], message });
      continue;
    }
    const positions = Array.isArray(source.value) ? source.position.children.get(index) : source.position;
    for (const [key, value] of Object.entries(from)) {
      if (key in target.value) continue;
      target.value[key] = value;
      target.position.children.set(key, positions?.children.get(key) ?? leaf(source.position.key));
    }
  }
}

function offsetOf(node: unknown): number | undefined {
  return (node as Partial<Node> | null)?.range?.[0];
}

function leaf(offset: number): Position {
  return { key: offset, value: offset, children: new Map() };
}

function stop(walk: Walk, problem: ValueProblem): never {
  walk.problems.push(problem);
  throw new Stop();
}
