// Chooses a worker: one file per policy, one cost function; performs no I/O.
export type { Candidate, Policy, RouteDecision, RouteRequest, RouteScore } from "./policy.ts";
