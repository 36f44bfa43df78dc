// Which workers fail requests, told among gateways: the leader passes a verdict, each gateway weighs it with its own legs.
import type { Cluster } from "../../cluster/index.ts";
import type { Fleet, Worker } from "../../fleet/index.ts";

const NAME = "health";
/** A verdict counts as so many failed legs: a worker that just failed nothing here stays in use. */
const VERDICT_LEGS = 5;

export function shareHealth(cluster: Cluster, fleet: Fleet): void {
  const { leadership, led, reports } = cluster;
  /** Told by the last verdict. */
  let told: ReadonlySet<string> = new Set();

  function report(): void {
    const ejected = fleet.workers().filter(({ breaker = "closed" }) => breaker !== "closed");
    reports.set(NAME, listText(ejected.map(({ id }) => id)));
  }

  /** Those that at least half of the gateways send nothing to. */
  function judge(): void {
    if (!leadership.isLeader) return;
    const verdict = listText(majority([...reports.of(NAME).values()].map(listOf)));
    // What is not written now is written with the next report.
    if (verdict !== (led.get(NAME) ?? "[]")) void led.write(NAME, verdict).catch(() => undefined);
  }

  function obey(text: string): void {
    const verdict = new Set(listOf(text));
    for (const worker of fleet.workers()) if (verdict.has(worker.id) && !told.has(worker.id)) doubt(fleet, worker);
    told = verdict;
  }

  report();
  fleet.onChange(report);
  reports.onChange((name) => void (name === NAME && judge()));
  leadership.onChange(judge);
  led.onChange((name, value) => void (name === NAME && obey(value)));
}

/** From there on its breaker goes its own way: half open after its time, then one request says how the worker is. */
function doubt(fleet: Fleet, worker: Worker): void {
  if ((worker.breaker ?? "closed") !== "closed") return;
  for (let i = 0; i < VERDICT_LEGS; i++) fleet.report(worker, "failed");
}

function majority(lists: readonly (readonly string[])[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const id of lists.flat()) counts.set(id, (counts.get(id) ?? 0) + 1);
  return [...counts].filter(([, count]) => 2 * count >= lists.length).map(([id]) => id);
}

function listText(ids: readonly string[]): string {
  return JSON.stringify([...new Set(ids)].toSorted());
}

function listOf(text: string): readonly string[] {
  try {
    const ids: unknown = JSON.parse(text);
    return Array.isArray(ids) ? [...new Set(ids.filter((one) => typeof one === "string"))] : [];
  } catch {
    return [];
  }
}
