// All client libraries, in the order in which they run.
import type { Case } from "../conformance/target.ts";
import { aiSdkCases } from "./ai-sdk.ts";
import { anthropicCases } from "./anthropic.ts";
import { openaiNodeCases } from "./openai-node.ts";
import { openaiPythonCases } from "./openai-python.ts";

/** `install`: clients that npm does not bring are installed, and their absence is a failure. */
export function clientLibraries(install: boolean): Case[] {
  return [...openaiNodeCases, ...anthropicCases, ...aiSdkCases, ...openaiPythonCases(install)];
}
