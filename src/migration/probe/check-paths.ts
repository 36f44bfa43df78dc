// Every path the legacy arm answers must be answered by the candidate.
import { brief, type Reply } from "./arm-client.ts";
import { type Body, type ProbeContext } from "./context.ts";
import { fail, type Finding, pass, skip } from "./probe-check.ts";

export interface PathCase {
  readonly path: string;
  /** Undefined: GET. */
  readonly body: Body | undefined;
}

const MESSAGES = [{ role: "user", content: "Hello" }];

export const PATH_CASES: readonly PathCase[] = [
  { path: "/v1/models", body: undefined },
  { path: "/v1/models/{model}", body: undefined },
  { path: "/v1/chat/completions", body: { messages: MESSAGES, max_tokens: 1 } },
  { path: "/v1/completions", body: { prompt: "Hello", max_tokens: 1 } },
  { path: "/v1/responses", body: { input: "Hello", max_output_tokens: 16, store: false } },
  { path: "/v1/messages", body: { messages: MESSAGES, max_tokens: 1 } },
  { path: "/v1/messages/count_tokens", body: { messages: MESSAGES } },
  { path: "/v1/embeddings", body: { input: "Hello" } },
  { path: "/v1/score", body: { text_1: "Hello", text_2: "Hi" } },
  { path: "/v1/rerank", body: { query: "Hello", documents: ["Hi", "Bye"] } },
  { path: "/tokenize", body: { prompt: "Hello" } },
  { path: "/detokenize", body: { tokens: [1, 2] } },
  { path: "/health", body: undefined },
  { path: "/version", body: undefined },
];

/** Clients of the OpenAI API use /v1; the others are for operators and tools. */
export function isHardPath({ path }: PathCase): boolean {
  return path.startsWith("/v1/");
}

export async function checkPath({ legacy, candidate }: ProbeContext, { path, body }: PathCase): Promise<Finding> {
  const [before, after] = await Promise.all(
    [legacy, candidate].map((arm) => {
      const address = path.replace("{model}", encodeURIComponent(arm.model));
      return arm.ask(address, body === undefined ? {} : { body });
    }),
  );
  if (before === undefined || after === undefined || !answers(before))
    return skip(`the legacy arm does not serve it: ${before === undefined ? "" : brief(before)}`);
  return answers(after) ? pass(`${before.status} → ${after.status}`) : fail(`${before.status} → ${brief(after)}`);
}

function answers({ status }: Reply): boolean {
  return status >= 200 && status < 300;
}
