// The gateway before a server of today, and a plan that moves its sessions to Dynamo's frontend.
import { document } from "../lib/document.ts";

export interface DynamoArms {
  readonly legacy: string;
  readonly candidate: string;
}

export interface PlanOptions {
  readonly name: string;
  readonly shadow: boolean;
  /** One long step at this weight instead of the seed's schedule. */
  readonly staysAt?: number;
}

export function planFiles(arms: DynamoArms, options: PlanOptions): string[] {
  const { staysAt } = options;
  const fleet = document({
    kind: "LLMDeployment",
    name: "today",
    spec: {
      model: { name: "qwen" },
      tokenizer: { source: "none" },
      routing: { algorithm: "round_robin" },
      serving: { workers: { endpoints: [{ url: arms.legacy }] } },
    },
  });
  const plan = document({
    kind: "MigrationPlan",
    name: options.name,
    spec: {
      legacy: { deployment: "today" },
      candidate: { url: arms.candidate },
      slo: { ttftP99Ms: 3000 },
      schedule: {
        ...(staysAt !== undefined && staying(staysAt)),
        timeScale: 80_000,
        minRequests: 30,
        checkIntervalSeconds: 0.25,
        noDataGraceSeconds: 60,
      },
      gates: { alpha: 0.5, margin: 0.08 },
      shadow: options.shadow ? SHADOW : { enabled: false },
      rollback: {
        maxErrorRate: 0.06,
        maxSlowRate: 0.06,
        maxTimeoutRate: 0.06,
        baselineTtftMs: 1500,
        candidateFirstByteSeconds: 5,
      },
    },
  });
  return [fleet, plan];
}

const YEAR_SECONDS = 31_536_000;

function staying(weight: number) {
  return { steps: [{ weight, soakSeconds: YEAR_SECONDS }, { weight: 1 }] };
}

const SHADOW = {
  fraction: 1,
  repeatFraction: 0.1,
  coldStartSeconds: 1,
  minPairs: 400,
  verdictAfterSeconds: 12 * 80_000,
  waive: ["span", "load"],
  // A machine that others use too must not drop copies, of which 1 % make the sample no sample.
  maxInflight: 1000,
  brakeLoopLagMs: 1000,
  brakePrimaryP99Ms: 10_000,
};
