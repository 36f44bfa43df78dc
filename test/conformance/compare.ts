// Compares answers: byte for byte with volatile fields masked, or by shape where the text depends on the model.
import assert from "node:assert/strict";
import { payloadsOf } from "./answer.ts";
import type { Answer } from "./http.ts";
import type { ProbeComparison } from "./target.ts";

/** Of the connection, not of the answer; the length follows from the body, whose ids differ in length. */
const CONNECTION_HEADERS = new Set(["connection", "keep-alive", "transfer-encoding", "content-length"]);
const VOLATILE_HEADERS = new Set(["date", "x-request-id", "x-switchgear-route"]);

const MASKS: readonly (readonly [RegExp, string])[] = [
  [
    /"(id|item_id|call_id|request_id|response_id)":"(chatcmpl|chatcmpl-tool|cmpl|resp|msg|call|rs|fc|embd|modelperm|score|rerank|pool|classify|tokenize|generate-tokens|call_id)[-_][^"]*"/g,
    '"$1":"$2-ID"',
  ],
  [/\[\d\d:\d\d:\d\d\]/g, "[TIME]"],
  // Which grammar backend judged the schema is a matter of the server's flags.
  [/"(Grammar error|Failed to transform json schema into a grammar): .*?","type"/g, '"GRAMMAR","type"'],
  [/Vocabulary size: \d+/g, "Vocabulary size: N"],
  [/"(created|created_at|completed_at)":[\d.]+/g, '"$1":0'],
];

export function masked(text: string): string {
  return MASKS.reduce((all, [pattern, by]) => all.replaceAll(pattern, by), text);
}

/** Through the gateway a client sees what the engine sent. */
export function assertSameBytes(got: Answer, direct: Answer): void {
  assertSame("status", got.status, direct.status);
  assertSameEvents(byChoice(eventTexts(got.body)), byChoice(eventTexts(direct.body)));
  assert.deepEqual(comparable(got), comparable(direct));
  const length = got.headers["content-length"];
  if (length !== undefined) assertSame("content-length", Number(length), Buffer.byteLength(got.body));
}

function comparable({ headers }: Answer): Record<string, unknown> {
  const names = Object.keys(headers).filter((name) => !CONNECTION_HEADERS.has(name));
  return Object.fromEntries(names.map((name) => [name, VOLATILE_HEADERS.has(name) ? "…" : headers[name]]));
}

/** Another engine with the same tokenizer: the same members in the same order, the same counts, other words. */
export function assertSameShape(got: Answer, other: Answer, { generated, anyLength }: ProbeComparison): void {
  assertSame(
    "status",
    `${got.status} ${got.status < 400 ? "" : masked(got.body)}`,
    `${other.status} ${other.status < 400 ? "" : masked(other.body)}`,
  );
  assert.deepEqual(headerNames(got), headerNames(other));
  if (generated) assertSameEvents(shapesOf(got.body, anyLength), shapesOf(other.body, anyLength));
  else assertSameEvents(eventTexts(got.body), eventTexts(other.body));
}

function eventTexts(body: string): string[] {
  return masked(body).split("\n\n");
}

/** Says what stands in the first event that differs, from a little before the difference. */
function assertSameEvents(got: readonly string[], right: readonly string[]): void {
  for (let i = 0; i < Math.max(got.length, right.length); i++)
    assertSame(`event ${i}`, got[i] ?? "(none)", right[i] ?? "(none)");
}

const SHOWN = 500;

function assertSame(what: string, got: string | number, right: string | number): void {
  if (got === right) return;
  const [a, b] = [String(got), String(right)];
  let at = 0;
  while (a[at] === b[at]) at++;
  const from = Math.max(0, at - 60);
  const cut = (text: string): string => `${from > 0 ? "…" : ""}${text.slice(from, from + SHOWN)}`;
  assert.fail(`${what} differs\n  got   ${cut(a)}\n  right ${cut(b)}`);
}

function headerNames({ headers }: Answer): string[] {
  return Object.keys(headers).filter((name) => !CONNECTION_HEADERS.has(name));
}

/** One line an event; runs of equal ones count as one, since text of several tokens may share a chunk. */
function shapesOf(body: string, anyLength: boolean): string[] {
  const shapeText = (text: string): string => shapeOf(text, anyLength);
  if (!/^(data|event): /.test(body)) return [shapeText(body)];
  const types = body.split("\n\n").map((event) => /^event: (.*)$/m.exec(event)?.[1] ?? "");
  const shapes = byChoice(payloadsOf(body).map((payload, i) => `${types[i] ?? ""} ${shapeText(payload)}`.trim()));
  return shapes.filter((shape, i) => shape !== shapes[i - 1]);
}

/** Choices of one request take turns as they happen to: each one's own order is what counts. */
function byChoice(shapes: readonly string[]): readonly string[] {
  const indexes = shapes.map((shape) => Number(/"choices":\[\{"index":(\d+)/.exec(shape)?.[1] ?? -1));
  const most = Math.max(...indexes);
  if (most < 1) return shapes;
  const choices = Array.from({ length: most + 1 }, (_, index) => shapes.filter((_, i) => indexes[i] === index));
  return [...choices.flat(), ...shapes.filter((_, i) => indexes[i] === -1)];
}

const COUNTS = /"(completion_tokens|total_tokens|output_tokens)":\d+/g;

function shapeOf(text: string, anyLength: boolean): string {
  try {
    const shown = JSON.stringify(shape(JSON.parse(masked(text))));
    return anyLength ? shown.replaceAll(COUNTS, '"$1":0') : shown;
  } catch {
    return text;
  }
}

/** Members whose values do not depend on what the model says. */
const EXACT = new Set(
  "object role finish_reason type status model index prompt_tokens completion_tokens total_tokens cached_tokens created_cache_tokens input_tokens output_tokens cache_read_input_tokens cache_creation_input_tokens max_model_len count stop_reason name tool_choice owned_by parent reason version code message param multimodal_tokens prompt_text prompt_token_ids top_p temperature max_output_tokens output_index content_index".split(
    " ",
  ),
);

function shape(value: unknown, key = ""): unknown {
  if (Array.isArray(value)) return arrayShape(value, key);
  if (typeof value === "object" && value !== null && isMap(value)) return { "…": shape(Object.values(value)[0], "…") };
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, shape(one, name)]));
  if (value === null || typeof value === "boolean" || EXACT.has(key)) return value;
  return typeof value;
}

/** Keyed by token text or id, as log probabilities are. */
function isMap(value: object): boolean {
  const keys = Object.keys(value);
  const values: readonly unknown[] = Object.values(value);
  const figures = keys.length > 0 && values.every((one) => typeof one === "number");
  return (
    (keys.length > 0 && keys.every((key) => /^\d+$/.test(key))) || (figures && !keys.some((key) => EXACT.has(key)))
  );
}

/** Lists of numbers and texts are content, unless they are the prompt's. */
function arrayShape(list: readonly unknown[], key: string): unknown {
  if (EXACT.has(key) && list.every((one) => typeof one !== "object")) return list;
  const shapes = list.map((one) => shape(one, key));
  return shapes.filter((one, i) => JSON.stringify(one) !== JSON.stringify(shapes[i - 1]));
}
