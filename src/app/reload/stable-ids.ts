// Keeps the ids of workers over a reload: what is the same worker keeps its id, whatever its place in the list. Pure.
import type { WorkerSpec } from "../../fleet/index.ts";

export interface IdsInUse {
  /** Workers in force before. */
  readonly before: readonly WorkerSpec[];
  /** All ids of the fleet, those about to leave included. */
  readonly taken: readonly string[];
}

export function stableIds(next: readonly WorkerSpec[], { before, taken }: IdsInUse): readonly WorkerSpec[] {
  const free = new Map(before.map((one) => [keyOf(one), one.id]));
  const used = new Set(taken);
  const kept = next.map((one) => {
    const id = free.get(keyOf(one));
    free.delete(keyOf(one));
    return id === undefined ? undefined : { ...one, id };
  });
  return next.map((one, i) => {
    const known = kept[i];
    if (known !== undefined) return known;
    const id = unusedId(one.id, used);
    used.add(id);
    return { ...one, id };
  });
}

/** Names of clients are no part of the worker; everything else is: another key or address is another worker. */
function keyOf({ id: _id, aliases: _aliases, ...rest }: WorkerSpec): string {
  return JSON.stringify(rest);
}

function unusedId(wanted: string, used: ReadonlySet<string>): string {
  if (!used.has(wanted)) return wanted;
  const stem = wanted.replace(/-\d+$/, "");
  let n = 0;
  while (used.has(`${stem}-${n}`)) n++;
  return `${stem}-${n}`;
}
