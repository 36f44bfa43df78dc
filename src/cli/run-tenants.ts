// Does what `tenants` was asked, over the admin API, and prints it as text, CSV or JSON.
import { TENANTS_EXAMPLE } from "../config/index.ts";
import { SwitchgearError } from "../core/index.ts";
import { accepted, type AdminAnswer, adminClient } from "./admin-client.ts";
import { type Cell, csv, table } from "./rows-text.ts";
import type { TenantsAction, TenantsFlags } from "./tenants.ts";

const NANO = 1e9;
type Row = Readonly<Record<string, Cell>>;

/** The exit code. */
export async function runTenants(
  action: TenantsAction,
  subject: string | undefined,
  flags: TenantsFlags,
): Promise<number> {
  if (action === "example") return printed(TENANTS_EXAMPLE);
  const body = action === "usage" ? await allRows(flags) : accepted(await ask(action, subject, flags));
  if (flags.format === "json") return printed(`${JSON.stringify(body, null, 2)}\n`);
  if (action === "create" || action === "rotate") return printKey(body as Row, flags);
  const rows = rowsOf(action, body);
  return printed(flags.format === "csv" ? csv(rows) : table(rows));
}

function ask(action: TenantsAction, subject: string | undefined, flags: TenantsFlags): Promise<AdminAnswer> {
  const client = adminClient(flags);
  const { tenant, expiresDays, overlapMinutes, label, role, force, month } = flags;
  const expires = expiresDays === undefined ? {} : { expiresInSeconds: Math.round(expiresDays * 86_400) };
  const keys = "/admin/v1/tenants/keys";
  switch (action) {
    case "create":
      return client.post(keys, { tenant: needed(subject, "the tenant"), role, ...expires, ...(label && { label }) });
    case "rotate": {
      const overlap = overlapMinutes === undefined ? {} : { overlapSeconds: overlapMinutes * 60 };
      return client.post(`${keys}/${encodeURIComponent(needed(subject, "the key's id"))}/rotate`, {
        ...overlap,
        ...expires,
      });
    }
    case "revoke":
      return client.post(`${keys}/${encodeURIComponent(needed(subject, "the key's id"))}/revoke`, { force });
    case "report":
      return client.post("/admin/v1/tenants/report", { month, tenant });
    default:
      return client.get("/admin/v1/tenants");
  }
}

/** A month has more rows than one answer may hold. */
const PAGE_ROWS = 5000;

interface Page {
  readonly rows: readonly Row[];
  readonly next?: { readonly from: number; readonly after: string };
}

async function allRows(flags: TenantsFlags): Promise<Pick<Page, "rows">> {
  const { tenant, limit: most = Number.POSITIVE_INFINITY } = flags;
  const client = adminClient(flags);
  const to = epochOf(flags.to, "--to");
  const rows: Row[] = [];
  let next: Page["next"] | { readonly from: number | undefined } = { from: epochOf(flags.from, "--from") };
  while (next !== undefined && rows.length < most) {
    const limit = Math.min(PAGE_ROWS, most - rows.length);
    const page = accepted(await client.post("/admin/v1/tenants/usage", { ...next, to, tenant, limit })) as Page;
    for (const row of page.rows) rows.push(row);
    next = page.next;
  }
  return { rows };
}

function needed(subject: string | undefined, what: string): string {
  if (subject !== undefined) return subject;
  throw new SwitchgearError("SWG_USAGE", "an argument is missing", { expected: what });
}

const DAY_OR_TIME = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/i;

/** UTC, unless it says otherwise: the ledger's days are. */
function epochOf(text: string | undefined, flag: string): number | undefined {
  if (text === undefined) return undefined;
  const found = DAY_OR_TIME.exec(text);
  const epoch = found === null ? Number.NaN : Date.parse(text.length > 10 && !found[1] ? `${text}Z` : text);
  if (Number.isFinite(epoch)) return epoch;
  throw new SwitchgearError("SWG_USAGE", `${flag} is no date`, {
    value: text,
    expected: "2026-11-01, or 2026-11-01T08:30",
  });
}

function rowsOf(action: TenantsAction, body: unknown): readonly Row[] {
  const { keys = [], rows = [], sums = [] } = body as Readonly<Record<string, readonly Row[]>>;
  if (action === "list") return keys;
  if (action === "revoke") return [body as Row];
  if (action === "usage")
    return rows.map(({ at, cost, keyId = "", ...rest }) => ({ time: timeOf(at), keyId, ...rest, cost: money(cost) }));
  return byMonth(sums);
}

/** Days are added up: a bill has a line for each tenant, key and model. */
function byMonth(sums: readonly Row[]): Row[] {
  const lines = new Map<string, Record<string, Cell>>();
  const counts = ["requests", "inputTokens", "cachedTokens", "outputTokens", "cost"] as const;
  for (const one of sums) {
    const { tenant = "", keyId = "", model = "" } = one;
    const name = JSON.stringify([tenant, keyId, model]);
    const line = lines.get(name) ?? { tenant, keyId, model };
    for (const count of counts) line[count] = Number(line[count] ?? 0) + Number(one[count] ?? 0);
    lines.set(name, line);
  }
  return [...lines.values()].map((line) => ({ ...line, cost: money(line["cost"]) }));
}

function timeOf(at: Cell | undefined): string {
  return new Date(Number(at)).toISOString();
}

function money(nano: Cell | undefined): string {
  return (Number(nano ?? 0) / NANO).toFixed(6);
}

function printKey({ key, id, tenant, expires, oldKeyEnds }: Row, { format }: TenantsFlags): number {
  if (format === "csv") return printed(csv([{ key, id, tenant, expires }] as Row[]));
  const old = oldKeyEnds === undefined ? "" : `The old key ends at ${oldKeyEnds}.\n`;
  return printed(
    `${key}\n`,
    `Key ${id} of ${tenant}, ${expires === null ? "without an end" : `until ${expires}`}; it is not shown again.\n${old}`,
  );
}

function printed(text: string, note = ""): number {
  process.stdout.write(text);
  process.stderr.write(note);
  return 0;
}
