// All cases of the suite, in the order in which they run.
import { cancellationCases } from "./behaviours/cancellation.ts";
import { connectionCases } from "./behaviours/connections.ts";
import { generationCases } from "./behaviours/generation.ts";
import { kvEventCases } from "./behaviours/kv-events.ts";
import { metricsCases } from "./behaviours/metrics.ts";
import { prefixCacheCases } from "./behaviours/prefix-cache.ts";
import { promptCases } from "./behaviours/prompts.ts";
import { chatProbes, chatStreamProbes } from "./probes/chat.ts";
import { completionProbes, completionStreamProbes } from "./probes/completions.ts";
import { headProbes, otherModelProbes, surrogateProbes } from "./probes/edges.ts";
import { errorProbes } from "./probes/errors.ts";
import { messagesProbes, responsesProbes, serverProbes, tokenProbes } from "./probes/other.ts";
import { structuredProbes, toolProbes } from "./probes/tools.ts";
import type { Case } from "./target.ts";

export const SUITE: readonly Case[] = [
  ...chatProbes,
  ...chatStreamProbes,
  ...completionProbes,
  ...completionStreamProbes,
  ...errorProbes,
  ...headProbes,
  ...otherModelProbes,
  ...surrogateProbes,
  ...tokenProbes,
  ...serverProbes,
  ...responsesProbes,
  ...messagesProbes,
  ...toolProbes,
  ...structuredProbes,
  ...promptCases,
  ...generationCases,
  ...prefixCacheCases,
  ...kvEventCases,
  ...metricsCases,
  ...connectionCases,
  ...cancellationCases,
];
