// What one vLLM would have said of its prefix cache: the prefill worker's counts, in the decode worker's usage.
import { editBody, jsonMembers } from "../../vllm/index.ts";

export interface CachedCounts {
  readonly cached: number;
  /** Chat alone tells it. */
  readonly created: number | undefined;
}

/** Of a prefill leg's answer; undefined where the worker tells no details. */
export function cachedCounts(answer: Buffer): CachedCounts | undefined {
  try {
    const { usage } = JSON.parse(answer.toString()) as { usage?: { prompt_tokens_details?: Record<string, unknown> } };
    const { cached_tokens: cached, created_cache_tokens: created } = usage?.prompt_tokens_details ?? {};
    if (typeof cached !== "number") return undefined;
    return { cached, created: typeof created === "number" ? created : undefined };
  } catch {
    return undefined;
  }
}

const DETAILS = '"prompt_tokens_details"';

/** The same bytes but for those counts; a body without them, or one that is no JSON, as it is. */
export function withCachedCounts(json: Buffer, counts: CachedCounts): Buffer {
  if (!json.includes(DETAILS)) return json;
  try {
    return edited(json, counts);
  } catch {
    return json;
  }
}

function edited(json: Buffer, { cached, created }: CachedCounts): Buffer {
  const usage = jsonMembers(json).members.findLast(({ key }) => key === "usage");
  if (usage === undefined) return json;
  const object = json.subarray(usage.valueStart, usage.valueEnd);
  const details = jsonMembers(object).members.findLast(({ key }) => key === "prompt_tokens_details");
  if (details === undefined) return json;
  const given = JSON.parse(object.toString("utf8", details.valueStart, details.valueEnd)) as object | null;
  if (given === null) return json;
  const hasCreated = created !== undefined && "created_cache_tokens" in given;
  const text = JSON.stringify({
    ...given,
    cached_tokens: cached,
    ...(hasCreated && { created_cache_tokens: created }),
  });
  return editBody(json, { merge: { usage: { prompt_tokens_details: text } } });
}
