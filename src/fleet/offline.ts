// What simulations need of the fleet: a worker's load and what is known of it, without connections.
export type { LoadEntry } from "./load-entry.ts";
export { type LoadLedger, loadLedger } from "./load-ledger.ts";
export type { Role, Worker } from "./worker.ts";
export type { WorkerLoad } from "./worker-load.ts";
