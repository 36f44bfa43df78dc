// Loads as they travel: a base of all workers, and one delta of those that changed since; both together are always whole.

/** Numbers of one worker, in an order that all gateways know. */
export type LoadRow = readonly number[];
export type LoadRows = Readonly<Record<string, LoadRow>>;

export interface LoadWrite {
  /** Undefined = stays as it is. */
  readonly base: string | undefined;
  readonly delta: string | undefined;
}

export interface LoadEncoder {
  /** Undefined when nothing changed. */
  next(rows: LoadRows): LoadWrite | undefined;
  /** What was written is lost: begin with a base again. */
  reset(): void;
}

export function loadEncoder(): LoadEncoder {
  let version = 0;
  let base: LoadRows | undefined;
  let sent = "";
  return {
    next(rows) {
      const changed = base && changes(base, rows);
      if (changed === undefined || 2 * Object.keys(changed).length > Object.keys(rows).length) {
        if (base !== undefined && Object.keys(changes(base, rows)).length === 0) return undefined;
        base = { ...rows };
        sent = JSON.stringify({ version: ++version, rows: {} });
        return { base: JSON.stringify({ version, rows }), delta: sent };
      }
      const delta = JSON.stringify({ version, rows: changed });
      if (delta === sent) return undefined;
      sent = delta;
      return { base: undefined, delta };
    },
    reset() {
      base = undefined;
    },
  };
}

function changes(from: LoadRows, to: LoadRows): LoadRows {
  const changed = Object.entries(to).filter(([worker, row]) => !isEqual(from[worker], row));
  const gone = Object.keys(from).filter((worker) => to[worker] === undefined);
  return Object.fromEntries([...changed, ...gone.map((worker) => [worker, []] as const)]);
}

function isEqual(a: LoadRow | undefined, b: LoadRow): boolean {
  return a !== undefined && a.length === b.length && a.every((value, i) => value === b[i]);
}

/** A delta of another base says nothing. */
export function decodeLoads(base: string | undefined, delta: string | undefined): LoadRows {
  const whole = parsed(base);
  const change = parsed(delta);
  if (whole === undefined) return {};
  return change?.version === whole.version ? { ...whole.rows, ...change.rows } : whole.rows;
}

function parsed(text: string | undefined): { version: number; rows: LoadRows } | undefined {
  try {
    const { version, rows } = JSON.parse(text ?? "");
    if (typeof rows !== "object" || rows === null) return undefined;
    const good = Object.entries(rows).filter((one): one is [string, number[]] => isRow(one[1]));
    return { version, rows: Object.fromEntries(good) };
  } catch {
    return undefined;
  }
}

function isRow(value: unknown): boolean {
  return Array.isArray(value) && value.length <= 64 && value.every((one) => Number.isFinite(one) && one >= 0);
}

/** Σ over gateways; rows of another length are of another release. */
export function addRows(rows: readonly LoadRow[]): LoadRow | undefined {
  const [first, ...more] = rows.filter((row) => row.length > 0);
  if (first === undefined) return undefined;
  return more
    .filter(({ length }) => length === first.length)
    .reduce((sum, row) => sum.map((value, i) => value + (row[i] ?? 0)), first);
}
