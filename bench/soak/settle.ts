// Whether everything a load made is gone again: the counts before it against those after it.
import { setTimeout as delay } from "node:timers/promises";
import type { Counts } from "./inside.ts";
import type { Census, SoakedGateway } from "./soaked-gateway.ts";

export interface Rest extends Census {
  readonly objects: Counts;
}

export interface Settled {
  /** Seconds until it was so; undefined when it never was. */
  readonly seconds: number | undefined;
  readonly before: Counts;
  readonly after: Counts;
  /** What there is more of than before. */
  readonly left: Counts;
}

/** Connections to workers live 3 s after their last request, probes come and go. */
const LIMIT_MS = 60_000;
const STEP_MS = 500;
const LOOKS = 4;

export async function settle(gateway: SoakedGateway, before: Rest): Promise<Settled> {
  const start = performance.now();
  let objects = await gateway.ask("objects");
  for (;;) {
    const after = flat({ ...(await gateway.census()), objects });
    const left = surplus(flat(before), after);
    const waited = performance.now() - start;
    const none = Object.keys(left).length === 0;
    if (none || waited > LIMIT_MS)
      return { seconds: none ? waited / 1000 : undefined, before: flat(before), after, left };
    await delay(STEP_MS);
    // Only while something is missing: the gateway stands still for it.
    if (Object.keys(left).some((name) => name.startsWith("object"))) objects = await gateway.ask("objects");
  }
}

/** The fewest of each kind over a few looks: a probe of a worker that is just under way must not count as what there is at rest. */
export async function rest(gateway: SoakedGateway): Promise<Rest> {
  const looks: Census[] = [];
  for (let i = 0; i < LOOKS; i++) {
    looks.push(await gateway.census());
    await delay(STEP_MS);
  }
  const fewest = (part: keyof Census): Counts => {
    const names = new Set(looks.flatMap((look) => Object.keys(look[part])));
    return Object.fromEntries(
      [...names].map((name) => [name, Math.min(...looks.map((look) => look[part][name] ?? 0))]),
    );
  };
  return {
    descriptors: fewest("descriptors"),
    gauges: fewest("gauges"),
    resources: fewest("resources"),
    objects: await gateway.ask("objects"),
  };
}

function flat(rest: Rest): Counts {
  return Object.fromEntries(
    [...NAMES].flatMap(([part, what]) =>
      Object.entries(rest[part]).map(([name, count]) => [`${what} ${name}`, count] as const),
    ),
  );
}

const NAMES: ReadonlyMap<keyof Rest, string> = new Map([
  ["descriptors", "descriptor"],
  ["gauges", "gauge"],
  ["resources", "resource"],
  ["objects", "object"],
]);

function surplus(before: Counts, after: Counts): Counts {
  const more = Object.entries(after).filter(([name, count]) => count > (before[name] ?? 0));
  return Object.fromEntries(more.map(([name, count]) => [name, count - (before[name] ?? 0)]));
}
