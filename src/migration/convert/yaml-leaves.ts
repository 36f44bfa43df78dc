// A YAML document as its leaves: each scalar with its path and position. A value that is read by words gets its own reader.
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type YAMLMap,
} from "yaml";
import { SwitchgearError } from "../../core/index.ts";
import type { Position } from "./disposition.ts";
import { placesInside } from "./places-inside.ts";
import type { Locate, Token } from "./token.ts";

export interface Leaf {
  /** `spec.template.spec.containers[0].image` */
  readonly path: string;
  readonly value: unknown;
  /** The value as text; `null` and missing values are empty. */
  readonly text: string;
  readonly position: Position;
  readonly inside: Locate;
}

export interface YamlDocument {
  readonly leaves: readonly Leaf[];
  /** Plain value, for looking around. */
  readonly value: unknown;
}

export function readYaml(file: string, text: string): YamlDocument[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, merge: true, uniqueKeys: true });
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document: Document) => {
    const [fault] = document.errors;
    if (fault !== undefined) {
      const [at] = fault.linePos ?? [];
      const where = at === undefined ? file : `${file}:${at.line}:${at.col}`;
      throw new SwitchgearError("SWG_CONVERT_UNUSABLE", `this is no valid YAML: ${firstLine(fault.message)}`, {
        where,
      });
    }
    if (document.contents === null) return [];
    return [{ leaves: leavesOf(document, { file, text, lines }), value: plain(document, file) }];
  });
}

function plain(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch {
    throw new SwitchgearError("SWG_CONVERT_UNUSABLE", "this YAML has too many aliases", { where: file });
  }
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}

interface Source {
  readonly file: string;
  readonly text: string;
  readonly lines: LineCounter;
}

/** More than any real file; aliases can multiply a small one without end. */
const MAX_LEAVES = 20_000;
const MAX_DEPTH = 60;

interface Walk {
  readonly document: Document;
  readonly leaves: Leaf[];
  readonly place: (node: unknown) => Position;
  readonly inside: (node: unknown, value: unknown) => Locate | undefined;
  readonly tooMuch: () => SwitchgearError;
}

function leavesOf(document: Document, { file, text, lines }: Source): Leaf[] {
  const locate = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  const place = (node: unknown): Position => locate(isNode(node) ? (node.range?.[0] ?? 0) : 0);
  const inside = (node: unknown, value: unknown): Locate | undefined => {
    if (typeof value !== "string" || !isScalar(node) || !node.range) return undefined;
    const [from, to] = node.range;
    const places = placesInside(text.slice(from, to), value);
    return (offset) => locate(from + places(offset));
  };
  const tooMuch = (): SwitchgearError =>
    new SwitchgearError("SWG_CONVERT_UNUSABLE", "this YAML is too deep or too large", { where: file });
  const walk: Walk = { document, leaves: [], place, inside, tooMuch };
  if (document.contents) visit(walk, document.contents, { path: "", depth: 0, at: place(document.contents) });
  return walk.leaves;
}

interface At {
  readonly path: string;
  readonly depth: number;
  readonly at: Position;
}

function visit(walk: Walk, node: unknown, here: At): void {
  const { leaves, document, place } = walk;
  const { path, depth, at } = here;
  if (depth > MAX_DEPTH || leaves.length > MAX_LEAVES) throw walk.tooMuch();
  if (isAlias(node)) return visit(walk, node.resolve(document), { path, depth: depth + 1, at: place(node) });
  if (isMap(node)) return visitMap(walk, node, here);
  if (isSeq(node)) {
    for (const [i, item] of node.items.entries())
      visit(walk, item, { path: `${path}[${i}]`, depth: depth + 1, at: place(item) });
    if (node.items.length === 0) leaves.push({ path, value: [], text: "[]", position: at, inside: () => at });
    return;
  }
  const value: unknown = isScalar(node) ? node.value : null;
  const inside = walk.inside(node, value) ?? (() => at);
  leaves.push({ path, value, text: value === null ? "" : scalarText(node, value), position: at, inside });
}

/** The merge key comes as a symbol. */
function keyName(key: unknown): string {
  if (!isScalar(key)) return "?";
  return typeof key.value === "symbol" ? (key.value.description ?? "?") : String(key.value);
}

/** `<<` puts the entries of another mapping here, where there is none of the same name. */
function visitMap(walk: Walk, node: YAMLMap, { path, depth, at }: At, hidden: ReadonlySet<string> = new Set()): void {
  const { document, leaves, place } = walk;
  const names = node.items.map(({ key }) => keyName(key));
  const taken = new Set([...hidden, ...names]);
  for (const [i, { key, value }] of node.items.entries()) {
    const name = names[i] ?? "?";
    const child = isNode(value) ? value : undefined;
    if (name === "<<") {
      for (const source of sourcesOf(child, document)) visitMap(walk, source, { path, depth: depth + 1, at }, taken);
    } else if (!hidden.has(name)) {
      const below = path === "" ? name : `${path}.${name}`;
      visit(walk, child, { path: below, depth: depth + 1, at: place(child ?? key) });
    }
  }
  if (depth > MAX_DEPTH) throw walk.tooMuch();
  if (node.items.length === 0 && hidden.size === 0)
    leaves.push({ path, value: {}, text: "{}", position: at, inside: () => at });
}

/** The mappings that `<<` names: one, or a list of them. */
function sourcesOf(node: unknown, document: Document): readonly YAMLMap[] {
  const one: unknown = isAlias(node) ? node.resolve(document) : node;
  if (isMap(one)) return [one];
  return isSeq(one) ? one.items.flatMap((item) => sourcesOf(item, document)) : [];
}

/** As written where it was a plain number: `1.0` is not `1`. */
function scalarText(node: unknown, value: unknown): string {
  const source = isScalar(node) ? node.source : undefined;
  return typeof value !== "string" && source !== undefined ? source : String(value);
}

/** What is printed of a leaf. */
export function leafToken({ path, text, position }: Leaf): Token {
  return { text: `${path}: ${text}`, position };
}
