// All client libraries, in the order in which they run.
import type { Case } from "../conformance/target.ts";
import { aiSdkCases } from "./ai-sdk.ts";
import { aiperfCases } from "./aiperf.ts";
import { anthropicCases } from "./anthropic.ts";
import { brokenStreamCases } from "./broken-streams.ts";
import { openaiNodeCases } from "./openai-node.ts";
import { openaiPythonCases } from "./openai-python.ts";
import type { PythonClient } from "./python-environment.ts";

/** Clients that npm does not bring: those of `install` are installed, and then their absence is a failure. */
export function clientLibraries(install: readonly PythonClient[]): Case[] {
  return [
    ...openaiNodeCases,
    ...anthropicCases,
    ...aiSdkCases,
    ...brokenStreamCases,
    ...openaiPythonCases(install.includes("openai")),
    ...aiperfCases(install.includes("aiperf")),
  ];
}
