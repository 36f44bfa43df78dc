// What an answer holds: logprobs, several choices, stop strings, seeds, and usage in streams.
import { brief, type Reply } from "./arm-client.ts";
import { askBoth, type Body, CHAT, type ProbeContext, shortChat, streamBoth } from "./context.ts";
import { dig, digArray, digNumber, digString } from "./dig.ts";
import { fail, type Finding, pass, skip, warn } from "./probe-check.ts";

/** Asks both; `holds` says whether an answer has what was asked for. */
async function sameHolding(
  context: ProbeContext,
  body: Body,
  holds: (json: unknown) => string | undefined,
): Promise<Finding> {
  const { legacy, candidate } = await askBoth(context, CHAT, shortChat(body));
  const unusable = unanswered(legacy, candidate);
  if (unusable !== undefined) return unusable;
  const [before, after] = [holds(legacy.json), holds(candidate.json)];
  if (before !== undefined) return skip(`the legacy arm does not do it: ${before}`);
  return after === undefined ? pass("as asked, on both") : fail(after);
}

function unanswered(legacy: Reply, candidate: Reply): Finding | undefined {
  if (legacy.status !== 200) return skip(`the legacy arm does not take it: ${brief(legacy)}`);
  return candidate.status === 200 ? undefined : fail(`legacy 200, candidate ${brief(candidate)}`);
}

export function checkLogprobs(context: ProbeContext): Promise<Finding> {
  return sameHolding(context, { logprobs: true, top_logprobs: 3 }, (json) => {
    const content = digArray(json, "choices", 0, "logprobs", "content");
    if (content.length === 0) return "no logprobs in the answer";
    const top = digArray(content[0], "top_logprobs").length;
    return top >= 3 ? undefined : `${top} of 3 top_logprobs`;
  });
}

export function checkChoices(context: ProbeContext): Promise<Finding> {
  return sameHolding(context, { n: 2, temperature: 0.8 }, (json) => {
    const count = digArray(json, "choices").length;
    return count === 2 ? undefined : `${count} choices of 2`;
  });
}

/** Stops at a character that the legacy's own answer holds. */
export async function checkStop(context: ProbeContext): Promise<Finding> {
  const plain = await context.legacy.ask(CHAT, { body: shortChat({ max_tokens: 16 }) });
  const text = digString(plain.json, "choices", 0, "message", "content") ?? "";
  const stop = text.slice(Math.floor(text.length / 2)).trim()[0];
  if (stop === undefined) return skip("the legacy arm answers too shortly to stop it");
  return sameHolding(context, { max_tokens: 16, stop: [stop] }, (json) => {
    const content = digString(json, "choices", 0, "message", "content") ?? "";
    return content.includes(stop) ? `the answer holds the stop string ${JSON.stringify(stop)}` : undefined;
  });
}

/** No server promises it; where the legacy keeps it, clients may lean on it. */
export async function checkSeed({ legacy, candidate }: ProbeContext): Promise<Finding> {
  const repeats = async (arm: typeof legacy): Promise<boolean | undefined> => {
    const body = shortChat({ temperature: 1, seed: 11, max_tokens: 12 });
    const [one, two] = [await arm.ask(CHAT, { body }), await arm.ask(CHAT, { body })];
    if (one.status !== 200 || two.status !== 200) return undefined;
    return choiceText(one) === choiceText(two);
  };
  const [before, after] = [await repeats(legacy), await repeats(candidate)];
  if (before !== true) return skip("the legacy arm does not repeat itself under a seed");
  return after === true
    ? pass("same seed, same text on both")
    : warn("the candidate does not repeat itself under a seed");
}

function choiceText({ json }: Reply): string {
  return JSON.stringify(dig(json, "choices", 0, "message")) ?? "";
}

export async function checkStreamUsage(context: ProbeContext): Promise<Finding> {
  const { legacy, candidate } = await streamBoth(context, shortChat({ stream_options: { include_usage: true } }));
  const unusable = unanswered(legacy, candidate);
  if (unusable !== undefined) return unusable;
  const [before, after] = [legacy, candidate].map(({ events }) => {
    const usage = events.findLast((one) => digNumber(one, "usage", "prompt_tokens") !== undefined);
    return digNumber(usage, "usage", "prompt_tokens");
  });
  if (before === undefined) return skip("the legacy arm gives no usage in streams");
  if (after === undefined) return fail("no usage in the stream, although it was asked for");
  return before === after ? pass(`${after} prompt tokens on both`) : fail(`prompt tokens ${before} → ${after}`);
}

export async function checkStreamFrames(context: ProbeContext): Promise<Finding> {
  const { legacy, candidate } = await streamBoth(context, shortChat());
  const unusable = unanswered(legacy, candidate);
  if (unusable !== undefined) return unusable;
  const broken = candidate.events.filter((one) => typeof one !== "object" || one === null).length;
  if (broken > 0) return fail(`${broken} events are no JSON objects`);
  if (legacy.done && !candidate.done) return fail("the stream does not end with [DONE]");
  const [before, after] = [legacy, candidate].map(({ events }) =>
    events.map((one) => digString(one, "choices", 0, "finish_reason")).find((one) => one !== undefined),
  );
  if (after === undefined && before !== undefined) return fail("no finish_reason in the stream");
  return pass(`${candidate.events.length} events, finish_reason ${after ?? "none"}`);
}
