// The body of a command request → a command of the state machine, or what is wrong with it.
import type { Command, PlanEvent } from "../../migration/index.ts";

export type CommandName = Command["name"];

export type CommandEvent = PlanEvent & { readonly type: "command" };
type Body = Readonly<Record<string, unknown>>;

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  actor: (value) => typeof value === "string" && value.length > 0 && value.length <= 200,
  version: (value) => Number.isInteger(value),
  override: (value) => Array.isArray(value) && value.every((one) => typeof one === "string"),
  force: (value) => typeof value === "boolean",
  reason: (value) => typeof value === "string" && value.length <= 2000,
  weight: (value) => typeof value === "number" && value >= 0 && value <= 1,
};

/** A text says what is wrong. */
export function readCommand(name: CommandName, body: Body): CommandEvent | string {
  for (const [key, value] of Object.entries(body)) {
    const test = TYPES[key];
    if (test === undefined) return `unknown member ${key.slice(0, 80)}; known: ${Object.keys(TYPES).join(", ")}`;
    if (!test(value)) return `member ${key} is not accepted: ${JSON.stringify(value).slice(0, 80)}`;
  }
  const command = commandOf(name, body);
  if (typeof command === "string") return command;
  const { actor, version } = body;
  return {
    type: "command",
    command,
    actor: typeof actor === "string" ? actor : "admin-api",
    ...(typeof version === "number" && { expectedVersion: version }),
  };
}

function commandOf(name: CommandName, body: Body): Command | string {
  const force = body["force"] === true ? { force: true } : {};
  const reason = typeof body["reason"] === "string" ? body["reason"] : undefined;
  switch (name) {
    case "start":
      return { name, override: Array.isArray(body["override"]) ? body["override"] : [] };
    case "promote":
      return { name, ...force };
    case "set":
      return typeof body["weight"] === "number"
        ? { name, weight: body["weight"], ...force }
        : "set needs a weight, 0 to 1";
    case "abort":
      return reason === undefined ? "abort needs a reason" : { name, reason };
    case "rollback":
      return { name, ...force, ...(reason !== undefined && { reason }) };
    case "pause":
    case "rearm":
      return { name, ...(reason !== undefined && { reason }) };
    case "resume":
      return { name };
  }
}
