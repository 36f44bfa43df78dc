// What an exchange is made from.
import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import type { Context } from "./context.ts";
import type { Accepted } from "./intake.ts";
import type { PromptIdentity } from "./prompt-identity.ts";
import type { RequestRecord } from "./record.ts";
import type { ForwardRoute } from "./routes.ts";

export interface ExchangeParts {
  readonly context: Context;
  readonly route: ForwardRoute;
  readonly accepted: Accepted;
  readonly identity: PromptIdentity;
  readonly record: RequestRecord;
  readonly clientHeaders: IncomingHttpHeaders;
  readonly response: ServerResponse;
}
