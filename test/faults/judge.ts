// What a client got, held against the right answer: whole and exact, failed in a way that clients understand, or wrong.
import { MARK } from "./byte-proxy.ts";
import type { Question } from "./questions.ts";

export interface Got {
  readonly status: number;
  readonly body: string;
  /** The end of the body came, not just the end of the connection. */
  readonly complete: boolean;
  readonly stream: boolean;
  readonly usage: boolean;
}

/**
 * exact: every byte right · refused: an error and nothing else · ended: a right beginning, then an error event and [DONE] ·
 * cut: a whole body whose connection ended before it, so that nobody takes it for complete · corrupt: the wire's fault,
 * relayed as it came · lost: it never ended, or nobody can tell that it did not · wrong: other bytes than the right ones, doubled
 * or in another order
 */
export type Verdict = "exact" | "refused" | "ended" | "cut" | "corrupt" | "lost" | "wrong";

export interface Judged {
  readonly verdict: Verdict;
  readonly why?: string;
}

const wrong = (why: string): Judged => ({ verdict: "wrong", why });
const lost = (why: string): Judged => ({ verdict: "lost", why });

/** `mayBeCorrupt`: the wire to a worker altered bytes while this ran. */
export function judge(got: Got, question: Question, mayBeCorrupt: boolean): Judged {
  if (got.status !== 200) return judgeRefusal(got);
  const judged = got.stream ? judgeStream(got, question) : judgeWhole(got, question);
  // A stream shows the mark; a whole body of a wrong length may not.
  const corrupt = mayBeCorrupt && (!got.stream || got.body.includes(MARK));
  return judged.why !== undefined && corrupt ? { verdict: "corrupt" } : judged;
}

function judgeRefusal({ status, body, complete }: Got): Judged {
  if (status === 0) return lost(body);
  if (status < 429) return wrong(`status ${status}: ${body.slice(0, 200)}`);
  if (!complete) return lost(`an error that breaks off: ${status}`);
  const error = parsed(body)?.["error"];
  return typeof error === "object" && error !== null
    ? { verdict: "refused" }
    : wrong(`no error: ${body.slice(0, 200)}`);
}

function judgeWhole({ body, complete }: Got, question: Question): Judged {
  if (!complete) return { verdict: "cut" };
  const answer = parsed(body);
  const [choice] = arrayOf(answer?.["choices"]);
  const text = choice?.["text"] ?? recordOf(choice?.["message"])?.["content"];
  if (text !== question.text) return wrong(`another text: ${JSON.stringify(text ?? body).slice(0, 300)}`);
  if (choice?.["finish_reason"] !== question.finish) return wrong(`finish ${String(choice?.["finish_reason"])}`);
  const tokens = recordOf(answer?.["usage"])?.["completion_tokens"];
  return tokens === question.tokens
    ? { verdict: "exact" }
    : wrong(`${String(tokens)} tokens instead of ${question.tokens}`);
}

interface Stream {
  text: string;
  readonly ids: Set<string>;
  roles: number;
  finishes: string[];
  usages: number[];
  errors: number;
  dones: number;
}

function judgeStream({ body, complete, usage }: Got, question: Question): Judged {
  if (body.includes(MARK)) return wrong("the wire's mark");
  if (!complete) return lost("a stream without its end");
  if (!body.endsWith("\n\n")) return wrong("a stream that ends within an event");
  const seen: Stream = { text: "", ids: new Set(), roles: 0, finishes: [], usages: [], errors: 0, dones: 0 };
  for (const event of body.split("\n\n").slice(0, -1)) {
    if (seen.dones > 0) return wrong("something after [DONE]");
    const fault = take(seen, event);
    if (fault !== undefined) return wrong(fault);
  }
  if (seen.dones !== 1) return lost("no [DONE]");
  if (seen.ids.size > 1) return wrong(`${seen.ids.size} ids`);
  if (seen.roles > 1) return wrong(`${seen.roles} role deltas`);
  return seen.errors > 0 ? judgeEnded(seen, question) : judgeDone(seen, question, usage);
}

function judgeEnded({ text, errors }: Stream, question: Question): Judged {
  if (errors > 1) return wrong(`${errors} errors`);
  return question.text.startsWith(text) ? { verdict: "ended" } : wrong(`no beginning of the answer: ${text}`);
}

function judgeDone({ text, finishes, usages, roles }: Stream, question: Question, usage: boolean): Judged {
  if (text !== question.text) return wrong(`another text: ${text} instead of ${question.text}`);
  if (finishes.join() !== question.finish) return wrong(`finishes: ${finishes.join()}`);
  if (question.route === "chat" && roles !== 1) return wrong(`${roles} role deltas`);
  const expected = usage ? String(question.tokens) : "";
  return usages.join() === expected ? { verdict: "exact" } : wrong(`usages: ${usages.join()} instead of ${expected}`);
}

function take(seen: Stream, event: string): string | undefined {
  if (!event.startsWith("data: ")) return `no event: ${JSON.stringify(event).slice(0, 200)}`;
  const data = event.slice(6);
  if (data === "[DONE]") {
    seen.dones += 1;
    return undefined;
  }
  const chunk = parsed(data);
  if (chunk === undefined) return `no JSON: ${data.slice(0, 200)}`;
  if ("error" in chunk) {
    seen.errors += 1;
    return undefined;
  }
  if (seen.errors > 0) return "output after an error";
  seen.ids.add(String(chunk["id"]));
  const tokens = recordOf(chunk["usage"])?.["completion_tokens"];
  if (typeof tokens === "number") seen.usages.push(tokens);
  for (const choice of arrayOf(chunk["choices"])) {
    const delta = recordOf(choice["delta"]);
    if (delta?.["role"] !== undefined) seen.roles += 1;
    const text = choice["text"] ?? delta?.["content"];
    if (typeof text === "string") seen.text += text;
    if (typeof choice["finish_reason"] === "string") seen.finishes.push(choice["finish_reason"]);
  }
  return undefined;
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    return recordOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function recordOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
}

function arrayOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? (value as Record<string, unknown>[]) : [];
}
