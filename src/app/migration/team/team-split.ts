// The split of sessions by the secret that all gateways agreed on: a session has the same arm at each of them.
import { sessionSplit, type Split } from "../../../migration/index.ts";
import type { PlanTeam } from "./plan-team.ts";

/** `own`: until they agreed, when no weight is in force. */
export function teamSplit(own: Buffer, team: Pick<PlanTeam, "salt" | "hasSalt">): Split {
  const before = sessionSplit(own);
  let agreed: Split | undefined;

  function current(): Split {
    if (agreed !== undefined || !team.hasSalt) return agreed ?? before;
    const salt = team.salt();
    return salt === undefined ? before : (agreed = sessionSplit(salt));
  }

  return {
    arm: (request, weight) => current().arm(request, weight),
    sampled: (request, fraction) => current().sampled(request, fraction),
    repeated: (request, fraction) => current().repeated(request, fraction),
  };
}
