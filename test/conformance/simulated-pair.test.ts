// Two simulated workers behind one gateway: the cases that two real ones pass.
import { after, before, test } from "node:test";
import { SECOND } from "./pair.ts";
import { runPair } from "./run-pair.ts";
import { gatewayBefore, type RunningEngine, type RunningGateway, simulatedEngine } from "./start-targets.ts";

const started: (RunningEngine | RunningGateway["child"])[] = [];

before(async () => {
  started.push(await simulatedEngine(), await simulatedEngine(SECOND));
});

after(async () => {
  for (const one of started.toReversed()) await one.stop();
});

test("two simulated workers", async (context) => {
  const [first, second] = started as [RunningEngine, RunningEngine];
  const gateway = await gatewayBefore([first, second]);
  started.push(gateway.child);
  await runPair(context, { first, second, gateway }, []);
});
