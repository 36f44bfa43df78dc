// Deployments as the gateway serves them, by every name a client may use.
import { type Deployment, policySpec } from "../config/index.ts";
import type { GatewayModel } from "../gateway/index.ts";
import { policies, promisedPolicy } from "../routing/index.ts";
import type { TextModel } from "../tokens/index.ts";
import { prewarms } from "./autoscaling/prewarm/prewarms.ts";
import type { LongPrompts } from "./long-prompts.ts";
import { disaggregationOf } from "./disaggregation-of.ts";
import { promptReader } from "./prompt-reader.ts";

export function gatewayModels(
  deployments: readonly Deployment[],
  texts: ReadonlyMap<string, TextModel | undefined>,
  long: (deployment: Deployment) => LongPrompts,
): ReadonlyMap<string, GatewayModel> {
  return new Map(
    deployments.flatMap((deployment) => {
      const model = gatewayModel(deployment, texts.get(deployment.name), long(deployment));
      return deployment.model.servedNames.map((name) => [name, model] as const);
    }),
  );
}

/** The name that the workers serve. */
export function servedName({ model }: Deployment): string {
  return model.servedNames[0] ?? model.name;
}

function gatewayModel(deployment: Deployment, text: TextModel | undefined, long: LongPrompts): GatewayModel {
  const name = servedName(deployment);
  const { limits, workerControls, continuation, admission } = deployment.gateway;
  return {
    name,
    policy: promisedPolicy(policySpec(deployment.routing), deployment.slo),
    loadPolicy: policies.least_loaded(),
    prompt: promptReader({ text, long, model: name, keepsIds: prewarms(deployment) }),
    limits,
    continuation,
    disaggregation: disaggregationOf(deployment),
    admission: admission.enabled ? admission : undefined,
    slo: deployment.slo,
    controls: workerControls,
  };
}
