// Answers by which vLLM says that it cannot run a request it has not begun: safe to send elsewhere.

/** Measured on 0.32: a draining server; a dead engine before the first byte. */
const ENGINE_WORDS = ["cannot schedule new futures", "EngineCore encountered an issue", "EngineDeadError"];

/** Statuses whose body is held until it is known whether it stays the answer. */
export function mayBeWorkerFault(status: number): boolean {
  return status === 503 || status === 500;
}

/** `crosses`: another arm takes what this one failed to do, whatever it says. */
export function workerFault(status: number, body: Buffer, crosses = false): "overloaded" | "engine" | undefined {
  if (status === 503) return "overloaded";
  // A worker that shuts down aborts what runs there; a stream that is still held may bear an error.
  if (status === 200 && body.includes('"finish_reason":"abort"')) return "engine";
  if (crosses && status >= 500) return "engine";
  const fails = status === 500 || (status === 200 && body.includes('data: {"error"'));
  return fails && ENGINE_WORDS.some((words) => body.includes(words)) ? "engine" : undefined;
}

/**
 * What an event that ends a stream says of its worker. overloaded: nothing is wrong with it: it is full, or the request is at
 * fault · engine: it runs nothing more · broken: this one failed. Older vLLM tells a dead engine with code 400.
 */
export function inBandFault(event: Buffer): "overloaded" | "engine" | "broken" {
  const text = event.toString("latin1", 0, LOOKED_AT);
  if (/"code":\s*(429|503)\b/.test(text)) return "overloaded";
  if (text.includes('"finish_reason":"abort"') || ENGINE_WORDS.some((words) => text.includes(words))) return "engine";
  return /"code":\s*4\d\d\b/.test(text) ? "overloaded" : "broken";
}

/** Longer answers hold tokens: they were run. */
const LOOKED_AT = 2048;

/** A 200 whose very first bytes say that the request was not run: an in-band error, or aborted by a shutdown. */
export function diesAtFirstByte(chunk: Buffer): boolean {
  // One native call; the searches in a string are cheaper than searches in the bytes.
  const text = chunk.toString("latin1", 0, LOOKED_AT);
  if (text.includes('"finish_reason":"abort"')) return true;
  return (
    text.includes('{"error"') &&
    /^(data:)?\s*\{"error"/.test(text) &&
    ENGINE_WORDS.some((words) => text.includes(words))
  );
}
