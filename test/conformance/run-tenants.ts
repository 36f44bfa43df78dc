// Runs the cases of tenants against a gateway of their own before an engine.
import type { TestContext } from "node:test";
import { TENANTS, tenantCases } from "./behaviours/tenants.ts";
import { type Outcome, runSuite } from "./run-suite.ts";
import { gatewayBefore, type RunningEngine } from "./start-targets.ts";
import type { Target } from "./target.ts";

export async function runTenants(
  context: TestContext,
  engine: RunningEngine,
  { outcomes, ...target }: Pick<Target, "name" | "real" | "modelFolder"> & { readonly outcomes: Outcome[] },
): Promise<void> {
  const gateway = await gatewayBefore([engine], { tenants: TENANTS });
  const { url } = gateway;
  try {
    await runSuite(
      context,
      tenantCases,
      { ...target, url, engineUrl: engine.url, gateway, answers: new Map() },
      {
        outcomes,
      },
    );
  } finally {
    await gateway.child.stop();
  }
}
