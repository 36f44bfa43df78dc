// What simulations and threads need of the fleet, without its connections: a worker's load and what is known of it.
export { connectTls } from "./connect-tls.ts";
export type { LoadEntry } from "./load-entry.ts";
export { type LoadLedger, loadLedger } from "./load-ledger.ts";
export type { Role, Worker } from "./worker.ts";
export type { WorkerLoad } from "./worker-load.ts";
