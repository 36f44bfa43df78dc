// What a conformance case is run against: an engine, simulated or real, directly or through the gateway.
import type { Answer } from "./http.ts";

export const TARGET_NAMES = ["simulated", "simulated via gateway", "real", "real via gateway"] as const;
export type TargetName = (typeof TARGET_NAMES)[number];

export interface Target {
  readonly name: TargetName;
  /** Where requests go. */
  readonly url: string;
  /** The engine itself: metrics, event sources and dev endpoints are never behind the gateway. */
  readonly engineUrl: string;
  readonly gateway: GatewayAccess | undefined;
  readonly real: boolean;
  /** Folder with the tokenizer.json and the chat template of the model. */
  readonly modelFolder: string;
  /** Answers to probes by the probe's name, to be compared with another target's. */
  readonly answers: Map<string, Answer>;
}

export interface GatewayAccess {
  readonly adminUrl: string;
  readonly adminToken: string;
}

export interface Case {
  readonly topic: string;
  readonly name: string;
  readonly run: (target: Target) => Promise<void>;
  /** Why it does not apply to this target. */
  readonly skip?: ((target: Target) => string | undefined) | undefined;
  /** Set for a probe: how its answer is compared with those of other targets. */
  readonly probe?: ProbeComparison | undefined;
}

export interface ProbeComparison {
  /** The gateway answers by itself: told apart in docs/differences.md, so not the same bytes. */
  readonly ownAnswer: boolean;
  /** The text depends on the model: engines are compared by shape. */
  readonly generated: boolean;
  /** So does its length: counts are not compared. */
  readonly anyLength: boolean;
}

/** As served; `--served-model-name` of both engines. */
export const MODEL = "tiny";
export const BLOCK_SIZE = 32;
