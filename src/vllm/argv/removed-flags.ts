// Options that older vLLM had: in which release they went, and what became of them (vllm.md §1.3; dates mapped to the next release).
import { bare, type Flag, flag, float, int, json, oneOf, text, texts } from "./flag.ts";

/** What today's vLLM does instead. */
export type Fate =
  /** Leaving it out is what today's vLLM does anyway. */
  | { readonly kind: "no-effect"; readonly note: string }
  /** Another option, given the same value, or the words written here. */
  | { readonly kind: "renamed"; readonly to: readonly string[]; readonly keepsValue: boolean }
  | { readonly kind: "gone"; readonly note: string };

export interface RemovedFlag {
  readonly flag: Flag;
  /** First release without it. */
  readonly removedIn: string;
  readonly fate: Fate;
}

const noEffect = (note: string): Fate => ({ kind: "no-effect", note });
const gone = (note: string): Fate => ({ kind: "gone", note });
const renamed = (...to: readonly string[]): Fate => ({ kind: "renamed", to, keepsValue: true });
const replaced = (...to: readonly string[]): Fate => ({ kind: "renamed", to, keepsValue: false });

function removed(one: Flag, removedIn: string, fate: Fate): RemovedFlag {
  return { flag: one, removedIn, fate };
}

const SPECULATIVE = gone("write it inside --speculative-config");
const GUIDED = gone("write it inside --structured-outputs-config");
const EPLB = gone("write it inside --eplb-config");
const ROPE = gone("write it inside --hf-overrides");
const V0_ONLY = "belonged to the V0 engine";

export const REMOVED_FLAGS: readonly RemovedFlag[] = [
  removed(bare("--engine-use-ray"), "0.6.2", noEffect(V0_ONLY)),
  removed(bare("--worker-use-ray"), "0.7.0", replaced("--distributed-executor-backend", "ray")),
  removed(text("--quantization-param-path"), "0.7.0", gone("scales are read from the checkpoint")),
  removed(text("--speculative-model"), "0.8.3", SPECULATIVE),
  removed(int("--num-speculative-tokens"), "0.8.3", SPECULATIVE),
  removed(int("--speculative-draft-tensor-parallel-size", null, "-spec-draft-tp"), "0.8.3", SPECULATIVE),
  removed(text("--speculative-model-quantization"), "0.8.3", SPECULATIVE),
  removed(int("--speculative-max-model-len"), "0.8.3", SPECULATIVE),
  removed(int("--speculative-disable-by-batch-size"), "0.8.3", SPECULATIVE),
  removed(bare("--enable-reasoning"), "0.10.0", noEffect("--reasoning-parser alone turns it on")),
  removed(text("--qlora-adapter-name-or-path"), "0.10.0", gone("QLoRA adapters are no longer loaded this way")),
  removed(int("--tokenizer-pool-size"), "0.10.0", noEffect(V0_ONLY)),
  removed(text("--tokenizer-pool-type"), "0.10.0", noEffect(V0_ONLY)),
  removed(text("--tokenizer-pool-extra-config"), "0.10.0", noEffect(V0_ONLY)),
  removed(
    oneOf("auto cuda neuron cpu tpu xpu hpu", text("--device", "auto")),
    "0.10.0",
    noEffect("the platform is detected"),
  ),
  removed(bare("--use-v2-block-manager"), "0.10.0", noEffect("it is the only block manager")),
  removed(flag("--enable-prompt-adapter"), "0.10.1", gone("prompt adapters are no longer supported")),
  removed(int("--max-prompt-adapters"), "0.10.1", gone("prompt adapters are no longer supported")),
  removed(int("--max-prompt-adapter-token"), "0.10.1", gone("prompt adapters are no longer supported")),
  removed(int("--num-scheduler-steps"), "0.10.1", noEffect("V1 schedules every step")),
  removed(flag("--multi-step-stream-outputs"), "0.10.1", noEffect("V1 schedules every step")),
  removed(bare("--disable-log-requests"), "0.17.0", noEffect("requests are not logged unless --enable-log-requests")),
  removed(float("--scheduler-delay-factor"), "0.11.0", gone("V1 has nothing like it")),
  removed(
    oneOf("recompute swap", text("--preemption-mode")),
    "0.11.0",
    noEffect("V1 always recomputes a preempted request"),
  ),
  removed(bare("--disable-async-output-proc"), "0.11.0", noEffect(V0_ONLY)),
  removed(int("--max-seq-len-to-capture"), "0.11.0", renamed("--max-cudagraph-capture-size")),
  removed(flag("--enable-lora-bias"), "0.11.1", gone("LoRA biases are no longer loaded")),
  removed(json("--rope-scaling"), "0.11.1", ROPE),
  removed(float("--rope-theta"), "0.11.1", ROPE),
  removed(int("--num-lookahead-slots"), "0.12.0", noEffect(V0_ONLY)),
  removed(int("--lora-extra-vocab-size"), "0.12.0", gone("LoRA adapters add no vocabulary any more")),
  removed(text("--guided-decoding-backend"), "0.12.0", GUIDED),
  removed(flag("--guided-decoding-disable-fallback"), "0.12.0", GUIDED),
  removed(flag("--guided-decoding-disable-any-whitespace"), "0.12.0", GUIDED),
  removed(flag("--guided-decoding-disable-additional-properties"), "0.12.0", GUIDED),
  removed(json("--override-pooler-config"), "0.12.0", renamed("--pooler-config")),
  removed(int("--num-redundant-experts"), "0.12.0", EPLB),
  removed(int("--eplb-window-size"), "0.12.0", EPLB),
  removed(int("--eplb-step-interval"), "0.12.0", EPLB),
  removed(flag("--eplb-log-balancedness"), "0.12.0", EPLB),
  removed(text("--task"), "0.13.0", gone("use --runner and --convert; a generating model needs neither")),
  removed(texts("--cuda-graph-sizes"), "0.13.0", renamed("--cudagraph-capture-sizes")),
  removed(bare("--disable-mm-preprocessor-cache"), "0.13.0", replaced("--mm-processor-cache-gb", "0")),
  removed(bare("--enable-multimodal-encoder-data-parallel"), "0.13.0", replaced("--mm-encoder-tp-mode", "data")),
  removed(bare("--exclude-log-deltas"), "0.14.0", replaced("--no-enable-log-deltas")),
  removed(text("--logits-processor-pattern"), "0.16.0", gone("V1 loads --logits-processors")),
  removed(float("--swap-space"), "0.18.0", noEffect("V1 does not swap; a CPU tier is --kv-offloading-size")),
  removed(bare("--disable-frontend-multiprocessing"), "0.19.0", noEffect("the engine always runs in its own process")),
  removed(
    int("--max-num-partial-prefills"),
    "0.26.0",
    noEffect("the scheduler decides by --long-prefill-token-threshold"),
  ),
  removed(
    int("--max-long-partial-prefills"),
    "0.26.0",
    noEffect("the scheduler decides by --long-prefill-token-threshold"),
  ),
  removed(flag("--calculate-kv-scales"), "0.27.0", gone("scales are read from the checkpoint")),
  removed(text("--override-attention-dtype"), "0.28.0", gone("nothing replaces it")),
];
