// Every parameter of chat and of completions that the legacy arm takes must be taken by the candidate.
import { brief, type Reply } from "./arm-client.ts";
import { askBoth, type Body, CHAT, type ProbeContext, shortChat } from "./context.ts";
import { fail, type Finding, pass, skip } from "./probe-check.ts";

export interface ParameterCase {
  readonly name: string;
  readonly path: string;
  readonly body: Body;
}

const SCHEMA = { type: "object", properties: { colour: { type: "string" } }, required: ["colour"] };

const CHAT_PARAMETERS: Body = {
  temperature: 0.7,
  top_p: 0.9,
  top_k: 20,
  min_p: 0.05,
  frequency_penalty: 0.1,
  presence_penalty: 0.1,
  repetition_penalty: 1.05,
  seed: 7,
  stop: ["\n\n"],
  stop_token_ids: [1],
  bad_words: ["zzzz"],
  n: 2,
  logprobs: true,
  logit_bias: { "1": -1 },
  max_completion_tokens: 8,
  min_tokens: 1,
  ignore_eos: true,
  response_format: { type: "json_object" },
  structured_outputs: { json: SCHEMA },
  parallel_tool_calls: true,
  user: "probe",
  safety_identifier: "probe",
  prompt_cache_key: "probe",
  cache_salt: "probe",
  priority: 0,
  skip_special_tokens: false,
  spaces_between_special_tokens: true,
  include_stop_str_in_output: true,
  echo: false,
  add_generation_prompt: true,
  continue_final_message: false,
  add_special_tokens: false,
  chat_template_kwargs: { enable_thinking: false },
  documents: [{ title: "a", text: "b" }],
  reasoning_effort: "low",
  include_reasoning: true,
  return_token_ids: true,
  return_tokens_as_token_ids: true,
  prompt_logprobs: 1,
  truncate_prompt_tokens: 64,
  metadata: { probe: "1" },
  store: false,
  service_tier: "auto",
  verbosity: "low",
  request_id: "switchgear-probe",
};

const COMPLETION_PARAMETERS: Body = {
  echo: true,
  logprobs: 2,
  suffix: "",
  n: 2,
  stop: ["."],
  seed: 7,
  prompt_logprobs: 1,
  return_token_ids: true,
};

/** Values that need others beside them. */
const WITH: Readonly<Record<string, Body>> = {
  logprobs: { top_logprobs: 3 },
  priority: {},
  n: { temperature: 0.7 },
};

export const PARAMETER_CASES: readonly ParameterCase[] = [
  ...Object.entries(CHAT_PARAMETERS).map(([name, value]) => ({
    name,
    path: CHAT,
    body: shortChat({ [name]: value, ...WITH[name] }),
  })),
  { name: "stream_options", path: CHAT, body: shortChat({ stream: true, stream_options: { include_usage: true } }) },
  ...Object.entries(COMPLETION_PARAMETERS).map(([name, value]) => ({
    name: `completions.${name}`,
    path: "/v1/completions",
    body: { prompt: "Three colours:", max_tokens: 4, [name]: value },
  })),
];

export async function checkParameter(context: ProbeContext, { path, body }: ParameterCase): Promise<Finding> {
  return taken(await askBoth(context, path, body));
}

export function taken({ legacy, candidate }: { readonly legacy: Reply; readonly candidate: Reply }): Finding {
  if (legacy.status !== 200) return skip(`the legacy arm does not take it: ${brief(legacy)}`);
  return candidate.status === 200 ? pass("taken by both") : fail(`legacy 200, candidate ${brief(candidate)}`);
}
