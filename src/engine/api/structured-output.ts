// response_format and structured_outputs → the text that the answer is going to be.
import { seededRandom } from "../../core/index.ts";
import { badValue } from "./api-error.ts";
import type { EngineContext } from "./engine-context.ts";
import { jsonInstance, SchemaFault } from "./json-instance.ts";
import { isObject, type JsonObject } from "./json-object.ts";
import { pythonDump } from "./python-dump.ts";
import { regexSample } from "./regex-sample.ts";

/** Undefined when the answer is free text. */
export function structuredText(context: EngineContext, body: JsonObject): string | undefined {
  const constraint = constraintOf(body);
  if (constraint === undefined) return undefined;
  const random = seededRandom(`${context.options.model} ${context.options.seed} ${JSON.stringify(constraint)}`);
  if (constraint.kind === "object") return pythonDump({ answer: "alpha", count: random.int(100) });
  if (constraint.kind === "choice") return constraint.choices[random.int(constraint.choices.length)];
  if (constraint.kind === "regex") {
    const sample = regexSample(constraint.pattern, random);
    if (sample === undefined) throw badValue(`Grammar error: unsupported regex: ${constraint.pattern}`);
    return sample;
  }
  return schemaText(constraint.schema, random);
}

export function schemaText(schema: unknown, random: ReturnType<typeof seededRandom>): string {
  try {
    return pythonDump(jsonInstance(schema, random));
  } catch (thrown) {
    if (thrown instanceof SchemaFault) throw badValue(`Grammar error: ${thrown.message}`);
    throw thrown;
  }
}

type Constraint =
  | { readonly kind: "object" }
  | { readonly kind: "schema"; readonly schema: unknown }
  | { readonly kind: "regex"; readonly pattern: string }
  | { readonly kind: "choice"; readonly choices: readonly string[] };

function constraintOf(body: JsonObject): Constraint | undefined {
  const format = body["response_format"];
  if (isObject(format) && format["type"] === "json_object") return { kind: "object" };
  if (isObject(format) && format["type"] === "json_schema") {
    const wrapper = format["json_schema"];
    if (wrapper === undefined || wrapper === null)
      throw badValue(
        "When response_format type is 'json_schema', the 'json_schema' field must be provided.",
        "response_format",
      );
    return { kind: "schema", schema: isObject(wrapper) ? wrapper["schema"] : {} };
  }
  const structured = body["structured_outputs"];
  return isObject(structured) ? structuredConstraint(structured) : undefined;
}

function structuredConstraint(structured: JsonObject): Constraint | undefined {
  const { json, regex, choice } = structured;
  if ([json, regex, choice].filter((one) => one !== undefined && one !== null).length > 1)
    throw badValue("You can only use one kind of constraints for structured outputs ('json', 'regex' or 'choice').");
  if (typeof regex === "string") return { kind: "regex", pattern: regex };
  if (Array.isArray(choice) && choice.length > 0) return { kind: "choice", choices: choice.map(String) };
  if (structured["json_object"] === true) return { kind: "object" };
  if (json === undefined || json === null) {
    if (typeof structured["grammar"] !== "string") return undefined;
    throw badValue("Grammar error: the simulated engine does not sample from a context-free grammar");
  }
  return { kind: "schema", schema: typeof json === "string" ? parsed(json) : json };
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw badValue("Grammar error: Failed to parse JSON schema");
  }
}
