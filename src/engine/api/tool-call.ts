// The scripted tool call: which function, with arguments that validate against its schema, in Hermes form.
import { seededRandom } from "../../core/index.ts";
import { badValue } from "./api-error.ts";
import type { EngineContext } from "./engine-context.ts";
import { isObject, type JsonObject } from "./json-object.ts";
import { schemaText } from "./structured-output.ts";

export interface ToolCallText {
  readonly name: string;
  /** JSON. */
  readonly arguments: string;
  /** `<tool_call>{"name": …, "arguments": ` */
  readonly head: string;
  /** head + arguments + tail. */
  readonly text: string;
}

export type ToolChoice = "auto" | "required" | "named";

export interface ToolDecision {
  readonly calls: readonly ToolCallText[];
  /** `required` and `named`: the call has to come, also where the prompt already holds other output. */
  readonly choice: ToolChoice;
}

/** Undefined when no tool is going to be called. */
export function toolDecision(context: EngineContext, body: JsonObject): ToolDecision | undefined {
  checkTools(body);
  const tools = context.options.dropTools ? [] : functionsOf(body["tools"]);
  const choice = body["tool_choice"] ?? (tools.length > 0 ? "auto" : "none");
  if (isObject(choice)) {
    const wanted = isObject(choice["function"]) ? choice["function"]["name"] : choice["name"];
    const tool = tools.find((one) => one["name"] === wanted);
    if (tool !== undefined) return { calls: [callOf(context, tool)], choice: "named" };
    if (context.options.dropTools) return undefined;
    throw badValue("The tool specified in `tool_choice` does not match any of the specified `tools`", "tool_choice");
  }
  if (choice === "required" && tools.length === 0 && !context.options.dropTools)
    throw badValue("When using `tool_choice`, `tools` must be set.", "tool_choice");
  if (tools.length === 0 || choice === "none" || (choice !== "required" && answersTool(body))) return undefined;
  return { calls: tools.map((tool) => callOf(context, tool)), choice: choice === "required" ? "required" : "auto" };
}

function checkTools({ tools, tool_choice: choice }: JsonObject): void {
  if (Array.isArray(tools) && tools.length === 0)
    throw badValue(
      "`tools` must not be an empty array. Either provide at least one tool or omit the field entirely.",
      "tools",
    );
  if (typeof choice !== "string" || ["none", "auto", "required"].includes(choice)) return;
  if (tools === undefined || tools === null)
    throw badValue("When using `tool_choice`, `tools` must be set.", "tool_choice");
  throw badValue(
    `Invalid value for \`tool_choice\`: ${choice}! Only named tools, "none", "auto" or "required" are supported.`,
    "tool_choice",
  );
}

/** After a tool has answered, the model speaks. */
function answersTool(body: JsonObject): boolean {
  const last: unknown = Array.isArray(body["messages"]) ? body["messages"].at(-1) : undefined;
  return isObject(last) && last["role"] !== "user" && last["role"] !== "assistant";
}

function functionsOf(tools: unknown): readonly JsonObject[] {
  if (!Array.isArray(tools)) return [];
  return tools
    .map((tool: unknown) => (isObject(tool) && isObject(tool["function"]) ? tool["function"] : tool))
    .filter(isObject);
}

function callOf(context: EngineContext, tool: JsonObject): ToolCallText {
  const name = String(tool["name"]);
  const { model, seed } = context.options;
  const parameters = isObject(tool["parameters"]) ? tool["parameters"] : { type: "object" };
  const json = schemaText(
    { type: "object", ...parameters },
    seededRandom(`${model} ${seed} ${name} ${JSON.stringify(parameters)}`),
  );
  const head = `<tool_call>{"name": ${JSON.stringify(name)}, "arguments": `;
  return { name, arguments: json, head, text: `${head}${json}}</tool_call>` };
}
