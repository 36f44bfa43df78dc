// What vLLM says of a `response_format` of a type that it does not know: every way in which pydantic tried to read it.
import { errorReply } from "../../vllm/index.ts";
import { ApiError } from "./api-error.ts";
import { isObject, type JsonObject } from "./json-object.ts";

const KNOWN = new Set(["text", "json_object", "json_schema", "structural_tag"]);

export function checkResponseFormat({ response_format: format }: JsonObject): void {
  if (!isObject(format)) return;
  const { type } = format;
  if (typeof type !== "string" || KNOWN.has(type)) return;
  const faults = [
    literal(type, "'text', 'json_object' or 'json_schema'"),
    literal(type, "'structural_tag'"),
    missing("format", format),
    literal(type, "'structural_tag'"),
    missing("structures", format),
    missing("triggers", format),
  ];
  const message = `${faults.length} validation errors:\n${faults.join("\n")}`;
  throw new ApiError(errorReply(400, "Bad Request", message, "body.response_format.type"));
}

function literal(input: string, expected: string): string {
  const fault = `'msg': "Input should be ${expected}", 'input': '${input}', 'ctx': {'expected': "${expected}"}`;
  return `  {'type': 'literal_error', 'loc': 'body.response_format.type', ${fault}}`;
}

function missing(field: string, format: JsonObject): string {
  const input = `<dict of ${Object.keys(format).length} items>`;
  return `  {'type': 'missing', 'loc': 'body.response_format.${field}', 'msg': 'Field required', 'input': '${input}'}`;
}
