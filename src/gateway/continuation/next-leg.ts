// Events of a worker that goes on → the events that the lost one would have sent: its id, its route's shape, its counts.
import { chatChoice, type ChunkHead, type JsonObject } from "../../vllm/index.ts";
import type { CutLog } from "./cut-log.ts";
import type { IdLog } from "./id-log.ts";
import { wholeUsage } from "./whole-usage.ts";

/** How the stream goes on. `again`: the client has no output yet, so the request is sent as it was. */
export type NextLeg = { readonly kind: "again" } | { readonly kind: "from_cut"; readonly fingerprint?: string };

export interface NextLegParts {
  /** What the client has been promised; undefined when it has seen nothing yet. */
  readonly head: ChunkHead | undefined;
  readonly fingerprint: string | undefined;
  /** Completion events become chat events. */
  readonly reframe: boolean;
  readonly ownIds: boolean;
  readonly cut: CutLog;
  readonly ids: IdLog;
  /** Ids after the cut that the client has. */
  readonly idsSeen: readonly number[];
  /** Its own usage counts what was made before the cut as prompt. */
  readonly made: number;
}

export class Contradiction extends Error {}

/** What the client gets of an event, as its object; undefined = nothing. Throws a Contradiction when the worker makes other tokens. */
export function nextLeg(parts: NextLegParts): (event: JsonObject) => JsonObject | undefined {
  const { head, made, cut, ids, ownIds, reframe } = parts;
  let repeated = 0;

  function events(event: JsonObject): JsonObject | undefined {
    const [choice] = (event["choices"] ?? []) as readonly JsonObject[];
    const usage = wholeUsage(event["usage"], { made });
    const common = { ...event, ...head, ...(usage !== undefined && { usage: reframe ? chatUsage(usage) : usage }) };
    const end = event["system_fingerprint"] === undefined ? {} : { system_fingerprint: fingerprint(event) };
    if (choice === undefined) return { ...common, ...(reframe && CHUNK), ...end };
    const shown = reframe ? chatOf(choice) : completionOf(choice);
    return shown && { ...common, ...(reframe && CHUNK), choices: [shown], ...end };
  }

  function fingerprint(event: JsonObject): unknown {
    return parts.fingerprint ?? event["system_fingerprint"];
  }

  /** Ids that the client lacks. */
  function freshIds(choice: JsonObject): readonly number[] {
    const list = (choice["token_ids"] ?? []) as readonly number[];
    for (const id of list) ids.push(id);
    const again = Math.min(list.length, parts.idsSeen.length - repeated);
    if (ownIds)
      for (let i = 0; i < again; i++)
        if (list[i] !== parts.idsSeen[repeated + i])
          throw new Contradiction("The worker that was to go on makes other tokens.");
    repeated += again;
    return list.slice(again);
  }

  function freshText(choice: JsonObject, made: number): string {
    const { text } = choice;
    if (typeof text !== "string" || text === "") return "";
    const fresh = cut.add(text, ids.length, made === 1);
    if (fresh === undefined) throw new Contradiction("The worker that was to go on makes other text.");
    return fresh;
  }

  function completionOf(choice: JsonObject): JsonObject | undefined {
    const before = ids.length;
    const fresh = freshIds(choice);
    const text = freshText(choice, ids.length - before);
    const nothing = text === "" && fresh.length === 0 && (choice["finish_reason"] ?? null) === null;
    if (nothing) return undefined;
    return { ...choice, text, prompt_token_ids: null, token_ids: ownIds ? fresh : null };
  }

  function chatOf(choice: JsonObject): JsonObject | undefined {
    const before = ids.length;
    const fresh = freshIds(choice);
    const text = freshText(choice, ids.length - before);
    const { logprobs, finish_reason: finish, stop_reason: stopReason } = choice;
    if (text === "" && fresh.length === 0 && (finish ?? null) === null) return undefined;
    return chatChoice({ text, logprobs, finish, stopReason, ids: ownIds ? fresh : undefined });
  }

  return events;
}

const CHUNK = { object: "chat.completion.chunk" };

/** Running counts of chat have one field more. */
function chatUsage(usage: JsonObject): JsonObject {
  return "prompt_tokens_details" in usage ? usage : { ...usage, completion_tokens_details: null };
}
