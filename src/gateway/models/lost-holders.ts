// A request for an adapter whose holders failed it: others may have the adapter loaded, and then those holders count no longer.
import type { Worker } from "../../fleet/index.ts";
import type { ExchangeParts } from "../exchange-parts.ts";
import { workersFor } from "./holders.ts";

const NONE: ReadonlySet<string> = new Set();

/** Ids of the workers that failed this request, where another of each one's role may load its adapter; else none. */
export function lostFor(parts: ExchangeParts, lost: ReadonlySet<string> = failedBy(parts)): ReadonlySet<string> {
  return lost.size > 0 && mayLoadElsewhere(parts, lost) ? lost : NONE;
}

/** The leg that fails now included: the request may wait until somebody else holds its adapter. */
export function hasOtherPlace(parts: ExchangeParts): boolean {
  const last = parts.record.legs.at(-1);
  const lost = new Set([...failedBy(parts), ...(last === undefined ? [] : [last.worker])]);
  return lostFor(parts, lost).size > 0;
}

/** A plan's arms choose their own workers, and load nothing. */
function mayLoadElsewhere({ accepted, context }: ExchangeParts, lost: ReadonlySet<string>): boolean {
  const { adapter, model } = accepted;
  const { arms, fleet } = context.options;
  if (adapter === undefined || arms?.(model.name) !== undefined || !context.adapters.mayLoad(adapter)) return false;
  const left = workersFor(fleet, model.name, lost);
  const isLost = ({ id }: Worker): boolean => lost.has(id);
  const roles = new Set(
    fleet
      .workers()
      .filter(isLost)
      .map(({ role }) => role),
  );
  return left.length > 0 && [...roles].every((role) => left.some((one) => one.role === role));
}

/** Who was taken a request away from, for a more urgent one, is still good. */
export function failedBy({ record }: ExchangeParts): ReadonlySet<string> {
  const failed = record.legs.filter(({ failure }) => failure !== undefined && failure !== "preempted");
  return new Set(failed.map(({ worker }) => worker));
}
