// What every check is given, and the shapes of requests that checks share.
import type { Clock } from "../../core/index.ts";
import type { ArmClient, Reply, StreamReply } from "./arm-client.ts";

/** Counts KV-event batches that arrive while `produce` runs. */
export type KvEventListener = (produce: () => Promise<void>) => Promise<number>;

export interface ProbeContext {
  readonly legacy: ArmClient;
  readonly candidate: ArmClient;
  readonly clock: Clock;
  /** Makes prompts of this run its own. */
  readonly mark: string;
  readonly modelMap: Readonly<Record<string, string>>;
  readonly kvEvents: KvEventListener | undefined;
  readonly disaggregated: boolean;
  /** Text that must show in the candidate's identity. */
  readonly expectIdentity: string | undefined;
}

export const CHAT = "/v1/chat/completions";

export type Body = Readonly<Record<string, unknown>>;

/** A short greedy chat. */
export function shortChat(extra: Body = {}): Body {
  return {
    messages: [{ role: "user", content: "Name three colours." }],
    max_tokens: 8,
    temperature: 0,
    ...extra,
  };
}

export interface BothReplies {
  readonly legacy: Reply;
  readonly candidate: Reply;
}

export async function askBoth({ legacy, candidate }: ProbeContext, path: string, body: Body): Promise<BothReplies> {
  const [one, two] = await Promise.all([legacy.ask(path, { body }), candidate.ask(path, { body })]);
  return { legacy: one, candidate: two };
}

export async function streamBoth(
  { legacy, candidate }: ProbeContext,
  body: Body,
): Promise<{ readonly legacy: StreamReply; readonly candidate: StreamReply }> {
  const [one, two] = await Promise.all([legacy.stream(CHAT, body), candidate.stream(CHAT, body)]);
  return { legacy: one, candidate: two };
}
