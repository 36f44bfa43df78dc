// The draft as a commented YAML document and as a plain object.
import { Document, isScalar, type Node } from "yaml";
import type { Strategy } from "./context.ts";
import type { DraftField, FieldValue } from "./draft.ts";

export type PlainDocument = Readonly<Record<string, unknown>>;

export interface Written {
  readonly document: PlainDocument;
  readonly yaml: string;
}

export interface WriteOptions {
  readonly strategy: Strategy;
  /** Lines above the document. */
  readonly head: readonly string[];
  readonly set: ReadonlyMap<string, unknown>;
}

export function writeDeployment(fields: readonly DraftField[], options: WriteOptions): Written {
  const pools = options.strategy === "colocated" ? ["workers"] : ["prefill", "decode"];
  const placed = fields.flatMap((field) => {
    if (!field.path.includes("{pool}")) return [field];
    return pools.map((pool) => ({ ...field, path: field.path.replace("{pool}", pool) }));
  });
  const document = new Document({});
  const inOrder = placed.toSorted((a, b) => poolRank(pools, a.path) - poolRank(pools, b.path));
  for (const field of inOrder) setField(document, field);
  for (const [path, value] of options.set) setPlain(document, path, value);
  document.commentBefore = options.head.map((line) => ` ${line}`).join("\n");
  return {
    document: document.toJS() as PlainDocument,
    yaml: document.toString({ lineWidth: 0, flowCollectionPadding: false }),
  };
}

/** All of one pool, then the next; the other fields keep their order. */
function poolRank(pools: readonly string[], path: string): number {
  const pool = pools.findIndex((name) => path.startsWith(`spec.serving.${name}.`));
  if (pool >= 0) return pool + 1;
  return path.startsWith("spec.routing") || path.startsWith("spec.gateway") ? pools.length + 1 : 0;
}

function setField(document: Document, { path, value, comment }: DraftField): void {
  const keys = path.split(".");
  document.setIn(keys, document.createNode(value, { flow: isFlow(value) }));
  const node = document.getIn(keys, true) as Node | undefined;
  if (comment === "" || node === undefined) return;
  if (isScalar(node) || isFlow(value)) node.comment = ` ${comment}`;
  else node.commentBefore = ` ${comment}`;
}

/** Short lists stand on one line. */
function isFlow(value: FieldValue): boolean {
  return Array.isArray(value) && value.length <= 4 && !value.some((one) => String(one).startsWith("-"));
}

function setPlain(document: Document, path: string, value: unknown): void {
  const keys = path.split(".");
  document.setIn(keys, document.createNode(value));
  const node = document.getIn(keys, true) as Node | undefined;
  if (node !== undefined && isScalar(node)) node.comment = " --set";
}
