// What a reader of one input form finds: the vLLM command, variables, and facts that stand beside it.
import type { Ledger, Token } from "./token.ts";

export const FORMS = ["shell", "argv", "docker", "compose", "kubernetes", "systemd", "vllm-yaml"] as const;
export type Form = (typeof FORMS)[number];

export interface Launch {
  /** `vllm serve`, `python -m vllm.entrypoints.openai.api_server`, an image's entry point, or a config file alone. */
  readonly entry: "serve" | "module" | "image" | "file";
  /** The words after it. */
  readonly args: readonly Token[];
  readonly at: Token;
}

export interface EnvVariable {
  readonly name: string;
  /** Undefined when it is a reference: Kubernetes' valueFrom, docker's `-e NAME`. */
  readonly value: string | undefined;
  readonly tokens: readonly Token[];
  readonly expansion?: string | undefined;
}

export interface Facts {
  replicas?: { readonly value: number; readonly token: Token };
  namespace?: { readonly value: string; readonly token: Token };
  /** From the tag of an image. */
  version?: { readonly value: string; readonly token: Token };
  /** Given to the container; compared with what the options need, which takes the tokens. */
  gpus?: { readonly value: number; readonly tokens: readonly Token[] };
  /** Published on the host. */
  port?: { readonly value: number; readonly container: number; readonly token: Token };
  /** vLLM runs in a container: its own host and port are not what clients see. */
  contained?: boolean;
  /** Words before `vllm serve` that belong to the program. */
  command?: readonly string[];
}

export interface Reading {
  readonly form: Form;
  /** Name of the input in positions. */
  readonly file: string;
  readonly ledger: Ledger;
  readonly launches: Launch[];
  readonly env: EnvVariable[];
  readonly facts: Facts;
  /** Shell variables that were set to a plain text, and where. */
  readonly assigned: Map<string, Token>;
  /** Values that must not be printed. */
  readonly secrets: Set<string>;
  /** Reads a script that is one word of another command; false when nothing in it starts vLLM. */
  readonly readScript: (reading: Reading, script: Token) => boolean;
}
