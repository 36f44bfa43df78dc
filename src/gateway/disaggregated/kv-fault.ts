// How a decode worker says that the prompt's KV did not come (measured on 0.32): 500, or an in-band error before any token.
import { workerFault } from "../worker-fault.ts";

export function kvFault(status: number, body: Buffer): boolean {
  // vLLM's words for a dead or draining engine mean the worker itself.
  if (workerFault(500, body) !== undefined) return false;
  return status === 500 || (status === 200 && body.includes('data: {"error"'));
}
