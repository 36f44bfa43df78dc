// How many sessions could have been sampled, and how many were: the check that sampling is what was set.

export interface SeenSessions {
  note(session: string, fraction: number, sampled: boolean): void;
  counts(): { readonly eligibleSessions: number; readonly sampledSessions: number; readonly fraction: number };
}

/** More tell nothing new. */
const MAX = 100_000;

export function seenSessions(): SeenSessions {
  const seen = new Set<string>();
  let chosen = 0;
  let fractions = 0;
  return {
    note(session, fraction, sampled) {
      if (seen.size >= MAX || seen.has(session)) return;
      seen.add(session);
      fractions += fraction;
      if (sampled) chosen += 1;
    },
    counts: () => ({
      eligibleSessions: seen.size,
      sampledSessions: chosen,
      fraction: seen.size === 0 ? 0 : fractions / seen.size,
    }),
  };
}
