// All cases of the suite, in the order in which they run.
import { chatProbes, chatStreamProbes } from "./probes/chat.ts";
import { completionProbes, completionStreamProbes } from "./probes/completions.ts";
import { errorProbes } from "./probes/errors.ts";
import { messagesProbes, responsesProbes, serverProbes, tokenProbes } from "./probes/other.ts";
import type { Case } from "./target.ts";

export const SUITE: readonly Case[] = [
  ...chatProbes,
  ...chatStreamProbes,
  ...completionProbes,
  ...completionStreamProbes,
  ...errorProbes,
  ...tokenProbes,
  ...serverProbes,
  ...responsesProbes,
  ...messagesProbes,
];
