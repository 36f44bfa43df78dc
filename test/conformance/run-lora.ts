// Runs the cases of LoRA adapters against an engine of its own, directly and through a gateway.
import type { TestContext } from "node:test";
import { loraCases, withAdapters } from "./behaviours/lora.ts";
import { type Outcome, runSuite } from "./run-suite.ts";
import { type EngineVariant, gatewayBefore, type RunningEngine, TOKENIZER_FOLDER } from "./start-targets.ts";
import type { Target } from "./target.ts";

interface LoraRig {
  readonly real: boolean;
  /** Of the adapters; for a simulated engine it may be empty. */
  readonly folder: string;
  readonly start: (variant: EngineVariant) => Promise<RunningEngine>;
}

export async function runLora(
  context: TestContext,
  { real, folder, start }: LoraRig,
  outcomes: { readonly directly: Outcome[]; readonly viaGateway: Outcome[] },
): Promise<void> {
  const engine = await start(withAdapters(folder));
  const gateway = await gatewayBefore([engine]);
  const name = real ? "real" : "simulated";
  const of = { engineUrl: engine.url, real, modelFolder: TOKENIZER_FOLDER, answers: new Map() };
  const direct: Target = { ...of, name, url: engine.url, gateway: undefined };
  const through: Target = { ...of, name: `${name} via gateway`, url: gateway.url, gateway };
  const cases = loraCases(folder);
  try {
    await context.test("directly", (inner) => runSuite(inner, cases, direct, { outcomes: outcomes.directly }));
    await context.test("via gateway", (inner) => runSuite(inner, cases, through, { outcomes: outcomes.viaGateway }));
  } finally {
    await gateway.child.stop();
    await engine.stop();
  }
}
