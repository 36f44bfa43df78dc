// A unary answer: waits for the last token of every choice; a client that leaves takes them back.
import type { FinishReason } from "../sequence.ts";
import type { EngineContext } from "./engine-context.ts";
import { internalError } from "../../vllm/index.ts";
import type { Exchange } from "./exchange.ts";
import { type GenerationPlan, startGeneration } from "./generation.ts";

export interface CollectedChoice {
  readonly text: string;
  readonly tokens: readonly number[];
  readonly states: readonly number[];
  readonly finish: FinishReason;
  readonly stopReason: string | number | null;
  readonly cachedTokens: number;
  /** kv_transfer_params of the answer. */
  readonly kept: object | null;
}

export interface Collecting {
  readonly plan: GenerationPlan;
  readonly done: (choices: readonly CollectedChoice[]) => void;
}

interface Growing {
  text: string;
  tokens: number[];
  states: number[];
  finish: FinishReason | undefined;
  stopReason: string | number | null;
  cachedTokens: number;
  kept: object | null;
}

export function collectChoices(context: EngineContext, exchange: Exchange, { plan, done }: Collecting): void {
  const count = plan.prompts.length * plan.sampling.n;
  const choices = Array.from({ length: count }, empty);
  let open = count;
  let over = false;
  const generation = startGeneration(context, plan, (index, delta) => {
    const choice = choices[index];
    if (choice === undefined || over) return;
    choice.text += delta.text;
    choice.tokens.push(delta.token);
    choice.states.push(delta.state);
    choice.cachedTokens = delta.cachedTokens;
    choice.kept = delta.kept ?? null;
    choice.finish = delta.finish;
    choice.stopReason = delta.stopReason;
    if (delta.finish === "error") {
      over = true;
      generation.abort();
      exchange.reply.json(500, internalError("Internal server error").body);
    } else if (delta.finish !== undefined && --open === 0) {
      over = true;
      done(choices.map((one) => ({ ...one, finish: one.finish ?? "stop" })));
    }
  });
  exchange.onLeave(() => generation.abort());
}

function empty(): Growing {
  return { text: "", tokens: [], states: [], finish: undefined, stopReason: null, cachedTokens: 0, kept: null };
}
