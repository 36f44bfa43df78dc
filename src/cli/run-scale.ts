// Does what `scale` was asked, over the admin API or from a recorded file, and prints it as text or JSON.
import { readFileSync } from "node:fs";
import type { ScaleStatus } from "../app/index.ts";
import { readScaleRecords, replayed, type ScaleRecord } from "../autoscaling/index.ts";
import { SwitchgearError } from "../core/index.ts";
import { accepted, type AdminClient, adminClient } from "./admin-client.ts";
import { table } from "./rows-text.ts";
import type { ScaleAction, ScaleFlags } from "./scale.ts";
import { decisionText } from "./scale-text.ts";

interface Asked {
  readonly action: ScaleAction;
  readonly subject: string | undefined;
  readonly replicas: string | undefined;
}

/** A decision comes out otherwise. */
const NO = 1;

/** The exit code. */
export async function runScale({ action, subject, replicas }: Asked, flags: ScaleFlags): Promise<number> {
  if (action === "replay") return replay(needed(subject, "a file of decisions"), flags);
  const client = adminClient(flags);
  if (action === "set") return set(client, { pool: needed(subject, "a pool"), replicas: wanted(replicas) }, flags);
  const all = await statuses(client);
  const pools = all.filter(({ pool }) => subject === undefined || pool === subject);
  if (subject !== undefined && pools.length === 0) throw noSuchPool(subject, all);
  if (action === "status") return printed(flags, { pools }, () => statusText(pools));
  const records: ScaleRecord[] = [];
  for (const { pool } of pools) records.push(...(await decisionsOf(client, { pool, action }, flags)));
  const none = "no decision yet\n";
  return printed(flags, { decisions: records }, () => records.map(decisionText).join("\n") || none);
}

async function statuses(client: AdminClient): Promise<readonly ScaleStatus[]> {
  return (accepted(await client.get("/admin/v1/scale")) as { readonly pools: readonly ScaleStatus[] }).pools;
}

async function decisionsOf(
  client: AdminClient,
  { pool, action }: { readonly pool: string; readonly action: ScaleAction },
  { last }: ScaleFlags,
): Promise<readonly ScaleRecord[]> {
  const path = `/admin/v1/scale/${encodeURIComponent(pool)}`;
  if (action === "dry-run") return [accepted(await client.post(`${path}/dry-run`, {})) as ScaleRecord];
  const { decisions } = accepted(await client.get(`${path}/decisions`)) as { decisions: readonly ScaleRecord[] };
  return decisions.slice(-last);
}

async function set(
  client: AdminClient,
  { pool, replicas }: { readonly pool: string; readonly replicas: number | null },
  flags: ScaleFlags,
): Promise<number> {
  const answer = await client.post(`/admin/v1/scale/${encodeURIComponent(pool)}/set`, { replicas });
  const record = accepted(answer) as ScaleRecord;
  return printed(flags, record, () => decisionText(record));
}

/** Null gives the pool back to its mode. */
function wanted(replicas: string | undefined): number | null {
  if (replicas === "auto") return null;
  const count = Number(replicas);
  if (replicas !== undefined && /^\d+$/.test(replicas)) return count;
  throw new SwitchgearError("SWG_USAGE", "how many workers?", { value: replicas, expected: "a whole number, or auto" });
}

function needed(subject: string | undefined, what: string): string {
  if (subject !== undefined) return subject;
  throw new SwitchgearError("SWG_USAGE", "an argument is missing", { expected: what });
}

function noSuchPool(pool: string, all: readonly ScaleStatus[]): SwitchgearError {
  const known = all.length === 0 ? "there is none" : `known: ${all.map((one) => one.pool).join(", ")}`;
  return new SwitchgearError("SWG_NOT_FOUND", `no pool with autoscaling ${pool}; ${known}`);
}

function statusText(pools: readonly ScaleStatus[]): string {
  if (pools.length === 0) return "no pool has autoscaling enabled\n";
  return table(
    pools.map(({ pool, mode, minReplicas, maxReplicas, desired, ready, starting, draining, alarm, last }) => ({
      pool,
      mode,
      bounds: `${minReplicas}-${maxReplicas}`,
      desired,
      ready,
      starting,
      draining,
      alarm: alarm ?? "none",
      reason: last?.reason,
    })),
  );
}

function replay(file: string, flags: ScaleFlags): number {
  const { records, bad } = readScaleRecords(textOf(file));
  const differ = records.flatMap((record) => {
    const now = replayed(record);
    return now === undefined ? [] : [{ pool: record.pool, recorded: record.decision, now }];
  });
  const result = { decisions: records.length, differ, unreadableLines: bad };
  printed(flags, result, () => {
    const lines = differ.map(
      ({ pool, recorded, now }) =>
        `${new Date(recorded.at).toISOString()} ${pool}: was ${recorded.action} to ${recorded.target} (${recorded.reason}), is ${now.action} to ${now.target} (${now.reason})\n`,
    );
    const unread = bad.length === 0 ? "" : `, ${bad.length} lines are no decisions`;
    return `${lines.join("")}${records.length} decisions made again, ${differ.length} differ${unread}\n`;
  });
  return differ.length > 0 ? NO : 0;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new SwitchgearError("SWG_FILE_UNREADABLE", "the file of decisions cannot be read", { where: file, cause });
  }
}

function printed({ format }: ScaleFlags, value: unknown, text: () => string): number {
  process.stdout.write(format === "json" ? `${JSON.stringify(value, null, 2)}\n` : text());
  return 0;
}
