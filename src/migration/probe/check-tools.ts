// Tool calls under auto, required and none, in one piece and streamed; JSON by schema.
import { brief, type Reply, type StreamReply } from "./arm-client.ts";
import { WEATHER_TOOL } from "./canned-prompts.ts";
import { askBoth, type Body, CHAT, type ProbeContext, streamBoth } from "./context.ts";
import { dig, digArray, digNumber, digString, parseJson } from "./dig.ts";
import { fail, type Finding, pass, skip, warn } from "./probe-check.ts";

export type ToolMode = "auto" | "required" | "none";
export const TOOL_MODES: readonly ToolMode[] = ["auto", "required", "none"];

interface SeenCalls {
  readonly status: number;
  readonly shown: string;
  readonly names: readonly string[];
  /** Of calls whose arguments are no object with the required member. */
  readonly broken: readonly string[];
}

export async function checkTools(context: ProbeContext, mode: ToolMode, streamed: boolean): Promise<Finding> {
  const body = {
    messages: [{ role: "user", content: "What is the weather in Oslo? Use the tool." }],
    tools: [WEATHER_TOOL],
    tool_choice: mode,
    max_tokens: 256,
    temperature: 0,
  };
  const [before, after] = await seenOf(context, body, streamed);
  if (before.status !== 200) return skip(`the legacy arm does not take it: ${before.shown}`);
  if (after.status !== 200) return fail(`legacy 200, candidate ${after.shown}`);
  return mode === "none" ? ofNone(before, after) : ofCalls(before, after);
}

async function seenOf(context: ProbeContext, body: Body, streamed: boolean): Promise<readonly [SeenCalls, SeenCalls]> {
  if (!streamed) {
    const { legacy, candidate } = await askBoth(context, CHAT, body);
    return [inMessage(legacy), inMessage(candidate)];
  }
  const { legacy, candidate } = await streamBoth(context, body);
  return [inDeltas(legacy), inDeltas(candidate)];
}

function ofNone(before: SeenCalls, after: SeenCalls): Finding {
  if (after.names.length === 0) return pass("no call, as asked");
  return before.names.length > 0 ? warn("both arms call although none was asked") : fail(`calls ${after.names.join()}`);
}

function ofCalls(before: SeenCalls, after: SeenCalls): Finding {
  if (before.names.length === 0)
    return after.names.length === 0 ? warn("neither arm calls the tool") : warn("only the candidate calls the tool");
  if (after.names.length === 0) return fail(`legacy calls ${before.names.join()}, the candidate calls nothing`);
  if (after.broken.length > 0 && before.broken.length === 0)
    return fail(`arguments are no JSON of the schema: ${after.broken.join()}`);
  const wrong = after.names.filter((name) => name !== WEATHER_TOOL.function.name);
  return wrong.length > 0
    ? fail(`calls ${wrong.join()}, which does not exist`)
    : pass(`both call ${after.names.join()}`);
}

function inMessage(reply: Reply): SeenCalls {
  const calls = digArray(reply.json, "choices", 0, "message", "tool_calls").map((one) => ({
    name: digString(one, "function", "name") ?? "",
    text: digString(one, "function", "arguments") ?? "",
  }));
  return seen(reply, calls);
}

function inDeltas(reply: StreamReply): SeenCalls {
  const calls = new Map<number, { name: string; text: string }>();
  for (const event of reply.events) {
    for (const part of digArray(event, "choices", 0, "delta", "tool_calls")) {
      const index = digNumber(part, "index") ?? 0;
      const call = calls.get(index) ?? { name: "", text: "" };
      call.name += digString(part, "function", "name") ?? "";
      call.text += digString(part, "function", "arguments") ?? "";
      calls.set(index, call);
    }
  }
  return seen(reply, [...calls.values()]);
}

function seen(reply: Reply, calls: readonly { readonly name: string; readonly text: string }[]): SeenCalls {
  const broken = calls.filter(({ text }) => typeof dig(parseJson(text), "city") !== "string").map(({ text }) => text);
  return { status: reply.status, shown: brief(reply), names: calls.map(({ name }) => name), broken };
}

export async function checkJsonSchema(context: ProbeContext): Promise<Finding> {
  const { legacy, candidate } = await askBoth(context, CHAT, {
    messages: [{ role: "user", content: "A person, as JSON." }],
    max_tokens: 256,
    temperature: 0,
    response_format: { type: "json_schema", json_schema: { name: "person", strict: true, schema: PERSON } },
  });
  if (legacy.status !== 200) return skip(`the legacy arm does not take it: ${brief(legacy)}`);
  if (candidate.status !== 200) return fail(`legacy 200, candidate ${brief(candidate)}`);
  const [before, after] = [legacy, candidate].map(({ json }) => isPerson(contentOf(json)));
  if (after === true) return pass("the answer fits the schema");
  const shown = (contentOf(candidate.json) ?? "nothing").slice(0, 80);
  return before === true ? fail(`legacy fits the schema, candidate says ${shown}`) : warn("neither fits the schema");
}

const PERSON = {
  type: "object",
  properties: { name: { type: "string", maxLength: 20 }, age: { type: "integer", minimum: 0, maximum: 120 } },
  required: ["name", "age"],
  additionalProperties: false,
};

function contentOf(json: unknown): string | undefined {
  return digString(json, "choices", 0, "message", "content");
}

function isPerson(text: string | undefined): boolean {
  const value = parseJson(text ?? "");
  return typeof dig(value, "name") === "string" && Number.isInteger(dig(value, "age"));
}
