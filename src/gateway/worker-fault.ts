// Answers by which vLLM says that it cannot run a request it has not begun: safe to send elsewhere.

/** Measured on 0.32: a draining server; a dead engine before the first byte. */
const ENGINE_WORDS = ["cannot schedule new futures", "EngineCore encountered an issue", "EngineDeadError"];

/** Statuses whose body is held until it is known whether it stays the answer. */
export function mayBeWorkerFault(status: number): boolean {
  return status === 503 || status === 500;
}

export function workerFault(status: number, body: Buffer): "overloaded" | "engine" | undefined {
  if (status === 503) return "overloaded";
  return status === 500 && ENGINE_WORDS.some((words) => body.includes(words)) ? "engine" : undefined;
}

/** A 200 whose very first bytes say that the request was not run: an in-band error, or aborted by a shutdown. */
export function diesAtFirstByte(chunk: Buffer): boolean {
  return (
    chunk.includes('"finish_reason":"abort"') ||
    (startsAsError(chunk) && ENGINE_WORDS.some((words) => chunk.includes(words)))
  );
}

function startsAsError(chunk: Buffer): boolean {
  return /^(data:)?\s*\{\s*"error"/.test(chunk.toString("latin1", 0, 32));
}
