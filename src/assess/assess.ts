// Everything together: evidence, the seed's score and conditions, our answer.
import { type Condition, conditions } from "./conditions.ts";
import { type Decision, decide } from "./decide.ts";
import { type Evidence, seedFieldsOf, type Slo, weigh } from "./evidence.ts";
import { withFields } from "./fields-evidence.ts";
import type { Observation } from "./observation.ts";
import type { FieldsFile } from "./seed-fields.ts";
import type { Recording } from "./recording.ts";
import { withRecording } from "./recording-evidence.ts";
import { type SeedFields, type SeedScore, seedScore } from "./seed-score.ts";
import { type WhatIf, whatIf, type WhatIfRunner } from "./what-if.ts";

export interface AssessInput {
  readonly observation: Observation | undefined;
  readonly fields: FieldsFile | undefined;
  readonly slo: Slo;
  readonly force: boolean;
  readonly tenants: number | undefined;
  readonly recording?: Recording | undefined;
  readonly whatIf?: WhatIfRunner | undefined;
}

export interface Assessment extends Decision {
  readonly seed: SeedScore & { readonly conditions: readonly Condition[]; readonly fields: SeedFields };
  readonly evidence: Evidence;
  readonly slo: Slo;
  readonly whatIf: WhatIf;
}

export async function assess(input: AssessInput): Promise<Assessment> {
  const { observation, fields, slo, force, tenants } = input;
  const seen = observation && weigh(observation, slo);
  const recorded = input.recording === undefined ? seen : withRecording(seen, input.recording, slo);
  const evidence =
    fields === undefined && recorded !== undefined ? recorded : withFields(recorded, fields ?? NONE, slo);
  // Fields given by hand are the seed's own input and win in its score.
  const scored = { ...seedFieldsOf(evidence, slo), ...stated(fields) };
  return {
    ...decide(evidence, { slo, force, tenants }),
    seed: { ...seedScore(scored), fields: scored, conditions: conditions({ evidence, tenants }) },
    evidence,
    slo,
    whatIf: await whatIf(input.whatIf, evidence, slo),
  };
}

const NONE: FieldsFile = { fields: {}, windowHours: undefined, ttftSamples: undefined };

function stated(file: FieldsFile | undefined): SeedFields {
  return Object.fromEntries(Object.entries(file?.fields ?? {}).filter(([, value]) => value !== undefined));
}
