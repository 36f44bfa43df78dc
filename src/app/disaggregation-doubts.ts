// What speaks against strategy disaggregated in a deployment, by the model of its workers and its network.
import { type Deployment, type Diagnostic, whereIs } from "../config/index.ts";
import { KV_LINKS, kvBytesPerToken, stepCost, transferMs } from "../model/index.ts";
import { type SplitFigures, whyNoSplit } from "../routing/index.ts";
import { chooseProfile } from "./choose-profile.ts";

/** A prompt for which separate workers are thought of. */
const PROMPT_TOKENS = 8192;

export function disaggregationDoubts(deployment: Deployment): Diagnostic[] {
  const figures = figuresOf(deployment);
  if (figures === undefined) return [];
  const path = ["spec", "serving", "strategy"];
  return whyNoSplit(figures).map((reason) => ({
    severity: "warning",
    code: "doubtful",
    ...whereIs(deployment, path),
    path: path.join("."),
    message: `disaggregated cannot pay here: ${reason}`,
    value: undefined,
    expected: undefined,
    hint: "colocated with a smaller maxBatchedTokens keeps gaps short, too",
  }));
}

function figuresOf(deployment: Deployment): SplitFigures | undefined {
  const { disaggregation, pools, slo } = deployment;
  const pool = pools.find(({ role }) => role === "prefill");
  if (disaggregation === undefined || pool === undefined) return undefined;
  const { profile } = chooseProfile(deployment, pool);
  const cost = stepCost(profile);
  const bytes = PROMPT_TOKENS * kvBytesPerToken(profile.model, profile.kv);
  const chunk = profile.limits.maxBatchedTokens;
  const alone = { decodeSequences: 0, decodeContext: 0 };
  return {
    workers: pools.reduce((sum, { replicas }) => sum + replicas, 0),
    transfer: {
      tokens: PROMPT_TOKENS,
      transferMs: transferMs(KV_LINKS[disaggregation.link], bytes),
      prefillMs: cost.prefillMs({ cached: 0, uncached: PROMPT_TOKENS, ...alone }),
      link: disaggregation.link,
    },
    gaps:
      slo.itlP99Ms === undefined
        ? undefined
        : {
            sloMs: slo.itlP99Ms,
            chunkTokens: chunk,
            chunkMs: cost.stepMs({ tokens: chunk, prefillPairs: (chunk * chunk) / 2, ...alone }),
            decodeMs: cost.stepMs({ tokens: 1, decodeSequences: 1, decodeContext: 2048, prefillPairs: 0 }),
          },
  };
}
