// Error shapes: clients and their retries read the status and the body of errors.
import { brief, type Reply } from "./arm-client.ts";
import { CHAT, type ProbeContext, shortChat } from "./context.ts";
import { dig } from "./dig.ts";
import { fail, type Finding, pass, warn } from "./probe-check.ts";

export const ERROR_CASES = ["unknown model", "bad json", "wrong type", "too long", "unknown path", "no key"] as const;
export type ErrorCase = (typeof ERROR_CASES)[number];

export async function checkError({ legacy, candidate }: ProbeContext, one: ErrorCase): Promise<Finding> {
  const [before, after] = await Promise.all([legacy, candidate].map((arm) => provoke(arm, one)));
  if (before === undefined || after === undefined) return warn("not asked");
  const shown = `${brief(before)} → ${brief(after)}`;
  if (isClientError(before) !== isClientError(after)) return fail(`another class of status: ${shown}`);
  if (before.status !== after.status) return warn(`another status: ${shown}`);
  const [had, has] = [membersOf(before), membersOf(after)];
  const lost = had.filter((name) => !has.includes(name));
  if (isClientError(before) && lost.length > 0) return warn(`the body has no ${lost.join(", ")}: ${shown}`);
  return pass(shown);
}

type Arm = ProbeContext["legacy"];

function provoke(arm: Arm, one: ErrorCase): Promise<Reply> {
  switch (one) {
    case "unknown model":
      return arm.ask(CHAT, { body: shortChat({ model: "switchgear-probe-no-such-model" }) });
    case "bad json":
      return arm.ask(CHAT, { raw: '{"model": ' });
    case "wrong type":
      return arm.ask(CHAT, { body: shortChat({ temperature: "warm" }) });
    case "too long":
      return arm.ask(CHAT, { body: shortChat({ max_tokens: 1_000_000_000 }) });
    case "unknown path":
      return arm.ask("/v1/switchgear-probe-no-such-path", { body: {} });
    case "no key":
      return arm.ask(CHAT, { body: shortChat({ max_tokens: 1 }), withoutKey: true });
  }
}

function isClientError({ status }: Reply): boolean {
  return status >= 400 && status < 500;
}

/** vLLM: `{"error": {"message", "type", "param", "code"}}`. */
function membersOf({ json }: Reply): readonly string[] {
  const error = dig(json, "error");
  return typeof error === "object" && error !== null ? Object.keys(error) : [];
}
