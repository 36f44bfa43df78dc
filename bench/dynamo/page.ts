// docs/dynamo-run.md: what a migration to a real Dynamo frontend showed.
import type { ProbeResult } from "../../src/migration/index.ts";
import { wordTable } from "../lib/markdown-table.ts";
import type { Killed, Migrated } from "./run-plan.ts";

export interface DynamoRun {
  readonly probe: ProbeResult;
  readonly there: Migrated;
  readonly back: Killed;
}

export function dynamoPage({ probe, there, back }: DynamoRun): string {
  const failed = probe.checks.filter(({ status }) => status === "fail");
  const { verdict } = there;
  return `# A migration to NVIDIA Dynamo

Written by \`npm run test:dynamo\`: \`ai-dynamo\` 1.6.1 from PyPI (frontend with \`--router-mode kv\`, two mock workers), the legacy arm a
simulated vLLM with the same tokenizer. The plan is the seed's schedule on a faster clock; clients ask without a pause through the gateway.

## The probe

${probe.checks.length} checks: ${counts(probe)}. These failed; the hard ones were overridden by name, and \`cache-salt\` with them: whether the check sees
that the mock workers' cache knows no salts is chance.

${wordTable(
  ["Check", "Hard", "Evidence"],
  failed.map(({ id, hard, evidence }) => [`\`${id}\``, hard ? "yes" : "no", cell(evidence)]),
)}

Mock workers generate random text, so what concerns their answers (tools, JSON Schema, logprobs) says nothing about Dynamo with a real engine;
paths and parameters are refused by its frontend.

## Shadow and verdict

${there.pairs} pairs: **${verdict.verdict}**.

${wordTable(
  ["Gate", "Status", "Finding"],
  verdict.gates.map(({ id, status, text }) => [id, status, cell(text)]),
)}

${verdict.verdict === "PROCEED" ? "The plan went on by itself." : FORCED}

## 1 to 100 %

${there.steps.map(({ weight, seconds }) => `${Number((weight * 100).toPrecision(3))} % after ${seconds.toFixed(0)} s`).join(", ")}; completed. Clients: ${there.clients}.

## Its mock workers killed at 50 %

Rolled back ${back.seconds.toFixed(1)} s after the kill: ${back.reasons.join("; ")}. Failed legs of the candidate that the legacy arm saved: ${back.candidateErrors} in
the intervals counted. Clients: ${back.clients}.
`;
}

const FORCED = `The plan was held. The test passed it with \`promote --force\`, as a person may who knows that the workers are mocks: their text is
random, so no deterministic output matches, and the pace of their tokens is no engine's.`;

function counts({ checks }: ProbeResult): string {
  return (["pass", "fail", "warn", "skip"] as const)
    .map((status) => `${checks.filter((one) => one.status === status).length} ${status}`)
    .join(", ");
}

function cell(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll("|", "\\|").slice(0, 220);
}
