// For how long fewer workers must have been enough before one goes.
import type { ScaleSettings } from "./scale-settings.ts";

/** A mistake costs a start-up. */
const START_UPS = 1.5;
const SHORTEST_MS = 60_000;
/** What others wait always: the default of Kubernetes' horizontal autoscaler. */
const CAREFUL_MS = 300_000;

/**
 * Where nobody says otherwise. Keeping a worker that is not needed for about as long as it takes to get it back costs at the most about
 * twice what the best of hindsight costs (ski rental; Gandhi et al., AutoScale, ACM TOCS 2012). Traffic that jumped may do so again.
 */
export function usualStabilisation(
  startupMs: number,
): Required<Pick<ScaleSettings, "stabilisationMs" | "stabilisationAfterJumpMs">> {
  const stabilisationMs = Math.max(SHORTEST_MS, START_UPS * startupMs);
  return { stabilisationMs, stabilisationAfterJumpMs: Math.max(stabilisationMs, CAREFUL_MS) };
}

const JUMP_MEMORY_MS = 3_600_000;

interface Stabilisation {
  readonly ms: number;
  /** For the reason of a decision. */
  readonly why: string;
}

/** `sinceJumpMs`: undefined = traffic never jumped. */
export function stabilisationNow(settings: ScaleSettings, sinceJumpMs: number | undefined): Stabilisation {
  const { stabilisationMs: ms, stabilisationAfterJumpMs: longer = ms } = settings;
  if (sinceJumpMs === undefined || sinceJumpMs > JUMP_MEMORY_MS || longer <= ms) return { ms, why: "" };
  return { ms: longer, why: ", as traffic jumped within the hour" };
}
