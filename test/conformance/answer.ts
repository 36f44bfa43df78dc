// Reads answers: JSON bodies, server-sent events, the fields that cases look at.
import assert from "node:assert/strict";
import type { Answer } from "./http.ts";

/** A JSON value that a case walks through; missing members are undefined. */
export interface Json {
  readonly value: unknown;
  at(...path: readonly (string | number)[]): Json;
  number(): number;
  text(): string;
  /** Empty where there is none. */
  optionalText(): string;
  list(): readonly Json[];
  keys(): readonly string[];
}

export function json(value: unknown, path = "$"): Json {
  return {
    value,
    at: (...steps) => steps.reduce<Json>((found, step) => member(found, step, path), json(value, path)),
    number: () => {
      assert.equal(typeof value, "number", `${path} is ${JSON.stringify(value)}, expected a number`);
      return Number(value);
    },
    text: () => {
      assert.equal(typeof value, "string", `${path} is ${JSON.stringify(value)}, expected a text`);
      return String(value);
    },
    optionalText: () => (value === undefined || value === null ? "" : json(value, path).text()),
    list: () => {
      assert.ok(Array.isArray(value), `${path} is ${JSON.stringify(value)}, expected a list`);
      return value.map((one, i) => json(one, `${path}[${i}]`));
    },
    keys: () => Object.keys(value as object),
  };
}

function member({ value }: Json, step: string | number, path: string): Json {
  const found =
    typeof value === "object" && value !== null ? Object.entries(value).find(([key]) => key === `${step}`) : undefined;
  return json(found?.[1], `${path}.${step}`);
}

export function bodyOf(answer: Answer, status = 200): Json {
  assert.equal(answer.status, status, answer.body.slice(0, 500));
  return json(JSON.parse(answer.body));
}

/** The payloads of a stream, `[DONE]` included. */
export function payloadsOf(text: string): string[] {
  return text
    .split("\n\n")
    .filter((event) => event !== "")
    .map((event) =>
      event
        .split("\n")
        .filter((line) => line.startsWith("data: "))
        .map((line) => line.slice(6))
        .join("\n"),
    );
}

/** The events of a stream without its end mark. */
export function eventsOf(answer: Answer): Json[] {
  assert.equal(answer.status, 200, answer.body.slice(0, 500));
  return payloadsOf(answer.body)
    .filter((payload) => payload !== "[DONE]")
    .map((payload) => json(JSON.parse(payload)));
}

export function textOfChat(events: readonly Json[], index = 0): string {
  return events
    .flatMap((event) => event.at("choices").list())
    .filter((choice) => choice.at("index").value === index)
    .map((choice) => choice.at("delta", "content").optionalText())
    .join("");
}
