// The deployment while it is put together: fields in the order they are written, each with the comment that says where it came from.

export type FieldValue = string | number | boolean | readonly string[] | Readonly<Record<string, string>>;

export interface DraftField {
  readonly path: string;
  readonly value: FieldValue;
  readonly comment: string;
}

export interface Draft {
  set(path: string, value: FieldValue, comment?: string): void;
  get(path: string): FieldValue | undefined;
  /** Words for `args` of every worker, kept together by option. */
  addArguments(words: readonly string[]): void;
  /** In the order of the seed's file. */
  fields(): readonly DraftField[];
}

const ORDER = [
  "apiVersion",
  "kind",
  "metadata.",
  "spec.model.",
  "spec.tokenizer.",
  "spec.serving.strategy",
  "spec.serving.{pool}.replicas",
  "spec.serving.{pool}.gpusPerReplica",
  "spec.serving.{pool}.tensorParallelSize",
  "spec.serving.{pool}.pipelineParallelSize",
  "spec.serving.{pool}.maxBatchSize",
  "spec.serving.{pool}.maxBatchedTokens",
  "spec.serving.{pool}.maxModelLen",
  "spec.serving.{pool}.gpuMemoryUtilization",
  "spec.serving.{pool}.schedulerDelayFactor",
  "spec.serving.{pool}.engine",
  "spec.serving.{pool}.command",
  "spec.serving.{pool}.args",
  "spec.serving.{pool}.env",
  "spec.routing.",
  "spec.gateway.",
];

export function createDraft(): Draft {
  const fields = new Map<string, DraftField>();
  const words: (readonly string[])[] = [];
  const set: Draft["set"] = (path, value, comment = "") => void fields.set(path, { path, value, comment });
  return {
    set,
    get: (path) => fields.get(path)?.value,
    addArguments(more) {
      words.push(more);
      set("spec.serving.{pool}.args", words.flat(), "options without a field of their own, as given");
    },
    fields: () => [...fields.values()].toSorted((a, b) => rank(a.path) - rank(b.path)),
  };
}

function rank(given: string): number {
  const path = given.replace(/^(spec\.serving)\.(workers|prefill|decode)\./, "$1.{pool}.");
  const found = ORDER.findIndex((prefix) => path === prefix || (prefix.endsWith(".") && path.startsWith(prefix)));
  return found < 0 ? ORDER.length : found;
}
