// All checks of the probe in the order they run: id, what it looks at, whether a failure blocks.
import {
  checkChoices,
  checkLogprobs,
  checkSeed,
  checkStop,
  checkStreamFrames,
  checkStreamUsage,
} from "./check-answers.ts";
import { checkError, ERROR_CASES } from "./check-errors.ts";
import { checkIdentity, type SeenStack } from "./check-identity.ts";
import { checkContext, checkModels, checkPromptTokens, type ListedArms } from "./check-models.ts";
import { checkParameter, PARAMETER_CASES } from "./check-parameters.ts";
import { checkPath, isHardPath, PATH_CASES } from "./check-paths.ts";
import { checkJsonSchema, checkTools, TOOL_MODES } from "./check-tools.ts";
import {
  checkCacheSalt,
  checkCancellation,
  checkKvEvents,
  checkKvTransfer,
  checkMetricNames,
} from "./check-workers.ts";
import type { ProbeContext } from "./context.ts";
import type { Finding } from "./probe-check.ts";

export interface Given {
  readonly context: ProbeContext;
  readonly models: ListedArms;
  readonly stacks: { readonly legacy: SeenStack; readonly candidate: SeenStack };
}

export interface CheckPlan {
  readonly id: string;
  readonly what: string;
  readonly hard: boolean;
  readonly run: (given: Given) => Finding | Promise<Finding>;
}

function hard(id: string, what: string, run: CheckPlan["run"]): CheckPlan {
  return { id, what, hard: true, run };
}

function soft(id: string, what: string, run: CheckPlan["run"]): CheckPlan {
  return { id, what, hard: false, run };
}

export const CHECKS: readonly CheckPlan[] = [
  hard("identity", "which stack answered", ({ context, stacks }) => checkIdentity(context, stacks)),
  hard("models", "every model of the legacy arm, by the model map", ({ context, models }) =>
    checkModels(context, models),
  ),
  hard("context", "no shorter context", ({ context, models }) => checkContext(context, models)),
  ...PATH_CASES.map((one) => ({
    id: `path ${one.path}`,
    what: "a path the legacy arm serves",
    hard: isHardPath(one),
    run: ({ context }: Given) => checkPath(context, one),
  })),
  hard("prompt-tokens", "equal token counts on 20 prompts", ({ context }) => checkPromptTokens(context)),
  ...PARAMETER_CASES.map((one) =>
    hard(`parameter ${one.name}`, "a parameter the legacy arm takes", ({ context }) => checkParameter(context, one)),
  ),
  ...TOOL_MODES.flatMap((mode) =>
    [false, true].map((streamed) =>
      hard(
        `tools-${mode}${streamed ? "-stream" : ""}`,
        `tool_choice ${mode}${streamed ? ", streamed" : ""}`,
        ({ context }) => checkTools(context, mode, streamed),
      ),
    ),
  ),
  hard("json-schema", "an answer by JSON Schema", ({ context }) => checkJsonSchema(context)),
  hard("logprobs", "logprobs with alternatives", ({ context }) => checkLogprobs(context)),
  hard("choices", "n = 2 gives two choices", ({ context }) => checkChoices(context)),
  hard("stop", "stop strings end an answer and are left out", ({ context }) => checkStop(context)),
  soft("seed", "same seed, same text", ({ context }) => checkSeed(context)),
  hard("stream-frames", "stream events, finish_reason, [DONE]", ({ context }) => checkStreamFrames(context)),
  hard("stream-usage", "usage at the end of a stream", ({ context }) => checkStreamUsage(context)),
  ...ERROR_CASES.map((one) =>
    hard(`error ${one}`, "status class and shape of an error", ({ context }) => checkError(context, one)),
  ),
  soft("metric-names", "figures that dashboards read", ({ context }) => checkMetricNames(context)),
  hard("cancellation", "a client that leaves frees its worker", ({ context }) => checkCancellation(context)),
  hard("kv-events", "KV events arrive", ({ context }) => checkKvEvents(context)),
  hard("cache-salt", "another salt finds nothing", ({ context }) => checkCacheSalt(context)),
  hard("kv-transfer", "prefill really hands its KV to decode", ({ context }) => checkKvTransfer(context)),
];
