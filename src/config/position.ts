// Where each value of a document stands, by path.

export type Path = readonly (string | number)[];

/** Offsets into the text. */
export interface Position {
  /** Of the key; of the value where there is no key. */
  readonly key: number;
  readonly value: number;
  readonly children: Map<string | number, Position>;
}

/** The position of `path`, or of its nearest ancestor that is there. */
export function locate(root: Position, path: Path): { readonly position: Position; readonly exact: boolean } {
  let position = root;
  for (const step of path) {
    const next = position.children.get(step);
    if (!next) return { position, exact: false };
    position = next;
  }
  return { position, exact: true };
}

/** `spec.serving.workers.endpoints[0].url`; a key that is no plain word is quoted. */
export function showPath(path: Path): string {
  let shown = "";
  for (const step of path) {
    if (typeof step === "number") shown += `[${step}]`;
    else if (/^[\w-]+$/.test(step)) shown += shown === "" ? step : `.${step}`;
    else shown += `[${JSON.stringify(step.slice(0, 80))}]`;
  }
  return shown;
}
