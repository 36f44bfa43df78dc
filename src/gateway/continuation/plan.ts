// Whether a request's stream will be continued when its worker is lost. Pure.
import type { ContinuationSettings } from "../../config/index.ts";
import type { InferenceRequest } from "../../vllm/index.ts";
import type { BodyKind } from "../routes.ts";
import { type Exactness, FEATURES, holdOf, lagOf } from "./features.ts";

export interface ContinuationPlan {
  readonly route: "chat" | "completion";
  readonly exact: boolean;
  /** The next worker gets the text so far as the chat's last message, not token ids. */
  readonly byText: boolean;
  /** Code points that may begin a stop string. */
  readonly hold: number;
  /** Code points that a worker's text lags behind its tokens because of them. */
  readonly lag: number;
  /** The client asked for token ids itself and gets them. */
  readonly ownIds: boolean;
  readonly settings: ContinuationSettings;
}

export type Planned = { readonly plan: ContinuationPlan } | { readonly denied: string };

/** `denied` = the feature, or `off`, `route`. Only streams are asked about. */
export function planContinuation(
  body: BodyKind,
  request: InferenceRequest,
  settings: ContinuationSettings | undefined,
): Planned {
  if (settings === undefined || settings.mode === "off") return { denied: "off" };
  if (body !== "chat" && body !== "completion") return { denied: "route" };
  const worst = exactnessOf(body, request);
  if (worst.exactness === "never" || (worst.exactness === "approximate" && settings.mode === "exact"))
    return { denied: worst.feature };
  const exact = worst.exactness === "exact";
  return {
    plan: {
      route: body,
      exact,
      byText: body === "chat" && FEATURES.some((one) => one.byText === true && one.uses(request.fields)),
      hold: holdOf(request.fields),
      lag: lagOf(request.fields),
      ownIds: request.returnTokenIds,
      settings,
    },
  };
}

interface Worst {
  readonly feature: string;
  readonly exactness: Exactness;
}

function exactnessOf(body: "chat" | "completion", { fields }: InferenceRequest): Worst {
  const order: readonly Exactness[] = ["exact", "approximate", "never"];
  let worst: Worst = { feature: "greedy", exactness: "exact" };
  for (const feature of FEATURES) {
    const exactness = feature[body];
    if (exactness === undefined || order.indexOf(exactness) <= order.indexOf(worst.exactness)) continue;
    if (feature.uses(fields)) worst = { feature: feature.name, exactness };
  }
  return worst;
}
