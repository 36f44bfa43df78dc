// A deterministic value that validates against a JSON schema: what structured output and tool arguments are made of.
import type { Random } from "../../core/index.ts";
import { isObject, type JsonObject } from "./json-object.ts";
import { regexSample } from "./regex-sample.ts";

/** A schema that vLLM's grammar compiler refuses. */
export class SchemaFault extends Error {}

interface Maker {
  readonly root: unknown;
  readonly random: Random;
  depth: number;
}

/** Deeper than this, optional parts are left out and lists are as short as they may be. */
const SHALLOW = 4;
const DEEPEST = 64;

export function jsonInstance(schema: unknown, random: Random): unknown {
  return make({ root: schema, random, depth: 0 }, schema);
}

function make(maker: Maker, schema: unknown): unknown {
  if (!isObject(schema)) return schema === false ? null : "text";
  if (maker.depth > DEEPEST) throw new SchemaFault("Schema recursion has no end");
  maker.depth++;
  const value = instance(maker, merged(maker, schema));
  maker.depth--;
  return value;
}

/** Follows $ref and folds allOf and the first fitting branch of anyOf and oneOf into one schema. */
function merged(maker: Maker, schema: JsonObject): JsonObject {
  let result = schema;
  for (let hops = 0; typeof result["$ref"] === "string"; hops++) {
    if (hops > DEEPEST) throw new SchemaFault("Schema reference has no end");
    const { $ref, ...rest } = result;
    result = { ...resolve(maker.root, $ref), ...rest };
  }
  for (const part of listOf(result["allOf"])) result = fold(result, merged(maker, part));
  const branches = [...listOf(result["anyOf"]), ...listOf(result["oneOf"])];
  if (branches.length === 0) return result;
  const { anyOf: _anyOf, oneOf: _oneOf, ...rest } = result;
  return fold(rest, merged(maker, branch(maker, branches)));
}

/** Below the depth where things are kept short a null or a plain value ends a recursive schema. */
function branch(maker: Maker, branches: readonly JsonObject[]): JsonObject {
  const plain = branches.filter((one) =>
    ["null", "string", "integer", "number", "boolean"].includes(String(one["type"])),
  );
  const choices = maker.depth > SHALLOW && plain.length > 0 ? plain : branches;
  return choices[maker.random.int(choices.length)] ?? {};
}

function fold(base: JsonObject, more: JsonObject): JsonObject {
  const properties = { ...objectOf(base["properties"]), ...objectOf(more["properties"]) };
  const required = [...namesOf(base["required"]), ...namesOf(more["required"])];
  return {
    ...base,
    ...more,
    ...(Object.keys(properties).length > 0 && { properties }),
    ...(required.length > 0 && { required }),
  };
}

function resolve(root: unknown, reference: unknown): JsonObject {
  const path = String(reference).replace(/^#\/?/, "").split("/").filter(Boolean);
  let found: unknown = root;
  for (const part of path) {
    const name = decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
    found = isObject(found) || Array.isArray(found) ? (found as JsonObject)[name] : undefined;
  }
  if (!isObject(found)) throw new SchemaFault(`Cannot resolve reference: ${String(reference)}`);
  return found;
}

function instance(maker: Maker, schema: JsonObject): unknown {
  if ("const" in schema) return schema["const"];
  const choices = schema["enum"];
  if (Array.isArray(choices)) return choices[maker.random.int(choices.length)] as unknown;
  switch (typeOf(maker, schema)) {
    case "object":
      return object(maker, schema);
    case "array":
      return array(maker, schema);
    case "string":
      return text(maker, schema);
    case "integer":
      return number(maker, schema, 1);
    case "number":
      return number(maker, schema, 0.5);
    case "boolean":
      return maker.random.int(2) === 1;
    case "null":
      return null;
    default:
      throw new SchemaFault(`Invalid type: ${String(schema["type"])}`);
  }
}

function typeOf(maker: Maker, { type, ...schema }: JsonObject): unknown {
  if (Array.isArray(type)) return type[maker.depth > SHALLOW ? type.length - 1 : maker.random.int(type.length)];
  if (type !== undefined) return type;
  if ("properties" in schema || "required" in schema) return "object";
  if ("items" in schema || "prefixItems" in schema) return "array";
  return "minimum" in schema || "maximum" in schema ? "number" : "string";
}

function object(maker: Maker, schema: JsonObject): JsonObject {
  const properties = objectOf(schema["properties"]);
  const required = new Set(namesOf(schema["required"]));
  const names = [...Object.keys(properties), ...[...required].filter((name) => !(name in properties))];
  // Schema order, as a grammar would enforce it.
  const wanted = names.filter((name) => required.has(name) || (maker.depth <= SHALLOW && maker.random.int(2) === 0));
  return Object.fromEntries(wanted.map((name) => [name, make(maker, properties[name] ?? {})]));
}

function array(maker: Maker, schema: JsonObject): unknown[] {
  const prefix = listOf(schema["prefixItems"]);
  const least = Math.max(numberOf(schema["minItems"], 0), prefix.length);
  const most = Math.max(least, numberOf(schema["maxItems"], least + 2));
  const wanted = maker.depth > SHALLOW ? least : Math.max(least, Math.min(most, least + maker.random.int(3)));
  const items = Array.from({ length: Math.min(wanted, 1000) }, (_, i) =>
    make(maker, prefix[i] ?? schema["items"] ?? {}),
  );
  return schema["uniqueItems"] === true ? unique(items, least) : items;
}

/** Equal items go, unless the least number of items needs them: then there is no telling. */
function unique(items: readonly unknown[], least: number): unknown[] {
  const distinct = [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
  return distinct.length >= least ? distinct : [...items];
}

const FORMATS: Readonly<Record<string, string>> = {
  date: "2026-11-23",
  time: "12:00:00Z",
  "date-time": "2026-11-23T12:00:00Z",
  duration: "PT1H",
  email: "user@example.com",
  hostname: "example.com",
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
  uri: "https://example.com/",
  uuid: "123e4567-e89b-12d3-a456-426614174000",
};
const WORDS = ["alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel"];

function text(maker: Maker, schema: JsonObject): string {
  const { pattern, format } = schema;
  if (typeof pattern === "string") {
    const sample = regexSample(pattern, maker.random);
    if (sample === undefined) throw new SchemaFault(`Unsupported pattern: ${pattern}`);
    return sample;
  }
  const known = typeof format === "string" ? FORMATS[format] : undefined;
  if (known !== undefined) return known;
  const least = numberOf(schema["minLength"], 0);
  let sample = WORDS[maker.random.int(WORDS.length)] ?? "text";
  while (sample.length < least) sample += ` ${WORDS[maker.random.int(WORDS.length)] ?? "text"}`;
  return sample.slice(0, Math.max(least, numberOf(schema["maxLength"], 80)));
}

function number(maker: Maker, schema: JsonObject, grain: number): number {
  const multiple = numberOf(schema["multipleOf"], grain);
  const low = bound(schema["minimum"], schema["exclusiveMinimum"], multiple);
  const high = bound(schema["maximum"], schema["exclusiveMaximum"], -multiple);
  const from = low ?? (high === undefined ? 0 : high - 100 * multiple);
  const to = high ?? from + 100 * multiple;
  const first = Math.ceil(from / multiple);
  const steps = Math.max(0, Math.floor(to / multiple) - first);
  const value = (first + maker.random.int(Math.min(steps, 1000) + 1)) * multiple;
  return steps === 0 && grain !== 1 && (value < from || value > to) ? (from + to) / 2 : value;
}

function bound(inclusive: unknown, exclusive: unknown, step: number): number | undefined {
  if (typeof exclusive === "number") return exclusive + step;
  return typeof inclusive === "number" ? inclusive : undefined;
}

function listOf(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

function namesOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((name) => typeof name === "string") : [];
}

function numberOf(value: unknown, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}
