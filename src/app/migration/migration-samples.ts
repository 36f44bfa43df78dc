// What the metrics page tells of each migration.
import type { MigrationStatus } from "../../migration/index.ts";
import type { MigrationSample } from "../../telemetry/index.ts";
import type { Driver } from "./driver.ts";
import { statusOf } from "./migration-views.ts";

export function migrationSamples(drivers: readonly Driver[], now: number): readonly MigrationSample[] {
  return drivers.map((driver) => sampleOf(statusOf(driver, now)));
}

function sampleOf({ plan, share, gates, shadow }: MigrationStatus): MigrationSample {
  return {
    plan: plan.name,
    phase: plan.phase,
    step: plan.step?.number ?? 0,
    weight: plan.weight,
    actual: share.sessions === 0 ? undefined : share.candidate / share.sessions,
    held: plan.exitCode === 3,
    detectors: Object.fromEntries([
      ...plan.meters.triggers.map(({ trigger, way }) => [trigger, way] as const),
      ...plan.meters.relative.map(({ kind, way }) => [`relative-${kind}`, way] as const),
    ]),
    rates: gates.map(({ what, arm, rate, high }) => ({ what, arm, rate, high })),
    shadow: shadow === undefined ? {} : shadowCounts(shadow),
  };
}

function shadowCounts(shadow: NonNullable<MigrationStatus["shadow"]>): Readonly<Record<string, number>> {
  const { sent, pairs, repeats, dropped, clientGone } = shadow;
  const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((a, b) => a + b, 0);
  const reasons = Object.fromEntries(Object.entries(dropped).map(([why, count]) => [`dropped_${why}`, count]));
  return { sent, compared: pairs, repeated: repeats, client_gone: sum(clientGone), ...reasons };
}
