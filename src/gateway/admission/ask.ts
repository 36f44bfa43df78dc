// What admission knows of a request: whose it is, its class, its deadline and what it will cost.
import type { Entry } from "../../admission/index.ts";
import type { ExchangeParts } from "../exchange-parts.ts";
import { classOf } from "../promised/promised-to.ts";

const ANONYMOUS = "anonymous";
/** Of an answer whose length nobody has limited further. */
const EXPECTED_OUTPUT = 256;

export type Asked = Pick<Entry<unknown>, "tenant" | "weight" | "priority" | "deadlineAt">;

export function askedOf({ record, accepted, clientHeaders: headers }: ExchangeParts): Asked {
  const { client } = record;
  const { model, promised } = accepted;
  const from = record.readAt ?? record.arrivedAt;
  return {
    tenant: client?.tenant ?? ANONYMOUS,
    weight: client?.weight ?? 1,
    priority: classOf({ client, model, headers }),
    deadlineAt: promised?.ttftMs === undefined ? Number.POSITIVE_INFINITY : from + promised.ttftMs,
  };
}

export function expectedOutput({ accepted }: ExchangeParts): number {
  return Math.min(EXPECTED_OUTPUT, accepted.request?.maxTokens ?? EXPECTED_OUTPUT);
}
