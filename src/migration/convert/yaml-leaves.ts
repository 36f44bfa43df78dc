// A YAML document as its leaves: each scalar with its path and position. A value that is read by words gets its own reader.
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments, type Document } from "yaml";
import { SwitchgearError } from "../../core/index.ts";
import type { Position } from "./disposition.ts";
import type { Token } from "./token.ts";

export interface Leaf {
  /** `spec.template.spec.containers[0].image` */
  readonly path: string;
  readonly value: unknown;
  /** The value as text; `null` and missing values are empty. */
  readonly text: string;
  readonly position: Position;
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
    return [{ leaves: leavesOf(document, { file, lines }), value: plain(document, file) }];
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
  readonly lines: LineCounter;
}

function leavesOf(document: Document, { file, lines }: Source): Leaf[] {
  const leaves: Leaf[] = [];
  const place = (node: Node | null | undefined): Position => {
    const { line, col } = lines.linePos(node?.range?.[0] ?? 0);
    return { file, line, column: col };
  };
  const visit = (node: unknown, path: string, at: Position): void => {
    if (isAlias(node)) visit(node.resolve(document), path, place(node));
    else if (isMap(node)) {
      for (const { key, value } of node.items) {
        const name = isScalar(key) ? String(key.value) : "?";
        const child = value as Node | null;
        visit(child, path === "" ? name : `${path}.${name}`, child ? place(child) : place(key as Node));
      }
      if (node.items.length === 0) leaves.push({ path, value: {}, text: "{}", position: at });
    } else if (isSeq(node)) {
      for (const [i, item] of node.items.entries()) visit(item, `${path}[${i}]`, place(item as Node));
      if (node.items.length === 0) leaves.push({ path, value: [], text: "[]", position: at });
    } else {
      const value: unknown = isScalar(node) ? node.value : null;
      leaves.push({ path, value, text: value === null ? "" : scalarText(node, value), position: at });
    }
  };
  if (document.contents) visit(document.contents, "", place(document.contents));
  return leaves;
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
