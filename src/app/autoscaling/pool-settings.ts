// What the deployment says of a pool's autoscaling, as its decisions take it.
import { type Latency, type RecordedSettings, usualStabilisation } from "../../autoscaling/index.ts";
import type { Deployment, Pool } from "../../config/index.ts";
import { chooseProfile, overridesOf } from "../choose-profile.ts";

/** `manual`: how many a person asked for; undefined = nobody. */
export function poolSettings(deployment: Deployment, pool: Pool, manual: number | undefined): RecordedSettings {
  const { autoscaling } = deployment;
  const speed = pool.workers.kind === "simulated" ? pool.workers.speed : 1;
  return {
    mode: manual === undefined ? modeOf(deployment, pool) : { kind: "manual", replicas: manual },
    minReplicas: pool.minReplicas,
    maxReplicas: pool.maxReplicas,
    slo: statedSlo({ deployment }),
    headroom: autoscaling.headroom,
    startupMs: autoscaling.startupSeconds * 1000,
    intervalMs: autoscaling.intervalSeconds * 1000,
    ...stabilisationOf(autoscaling),
    upStep: autoscaling.upStep,
    staleMs: autoscaling.staleSeconds * 1000,
    ...(pool.minReplicas === 0 && { idleMs: autoscaling.idleSeconds * 1000 }),
    worker: {
      role: pool.role,
      profile: chooseProfile(deployment, pool).profile.name,
      overrides: overridesOf(pool),
      speed,
    },
  };
}

function stabilisationOf({ stabilisationSeconds, startupSeconds }: Deployment["autoscaling"]) {
  if (stabilisationSeconds === undefined) return usualStabilisation(startupSeconds * 1000);
  return { stabilisationMs: stabilisationSeconds * 1000 };
}

/** Infinity = no objective. */
export function statedSlo({ deployment: { slo } }: { readonly deployment: Pick<Deployment, "slo"> }): Latency {
  return { ttftP99Ms: slo.ttftP99Ms ?? Infinity, itlP99Ms: slo.itlP99Ms ?? Infinity };
}

/** With what the pool's requests are promised in place of what the deployment states. */
export function promisedSettings(settings: RecordedSettings, promised: Latency | undefined): RecordedSettings {
  return promised === undefined ? settings : { ...settings, slo: promised, statedSlo: settings.slo };
}

function modeOf({ autoscaling }: Deployment, pool: Pool): RecordedSettings["mode"] {
  const { mode, scaleUpThreshold: up, scaleDownThreshold: down, cooldownSeconds, schedule } = autoscaling;
  if (mode === "slo") return { kind: "slo" };
  if (mode === "seed") return { kind: "seed", up, down, cooldownMs: cooldownSeconds * 1000 };
  if (mode === "manual") return { kind: "manual", replicas: pool.replicas };
  return {
    kind: "schedule",
    entries: schedule.map(({ from, replicas }) => ({ fromMinute: minuteOf(from), replicas })),
  };
}

/** Of HH:MM. */
function minuteOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
}
