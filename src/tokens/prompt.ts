// A request body → the token ids of its prompts; the gateway and the simulated engine both use it, so that they agree.
import { SwitchgearError } from "../core/index.ts";
import { anthropicToChat } from "./anthropic-chat.ts";
import { isRecord, templateMessages, UnsupportedContent } from "./chat-message.ts";
import { templateTools } from "./chat-tools.ts";
import { responsesToChat } from "./responses-chat.ts";
import type { TextModel } from "./text-model.ts";

/** Which API the body belongs to; `/tokenize` bodies are `completions` or `chat`. */
export type PromptKind = "chat" | "completions" | "embeddings" | "messages" | "responses";

export interface PromptRequest {
  readonly kind: PromptKind;
  readonly body: Readonly<Record<string, unknown>>;
  readonly text: TextModel;
  /** Longer texts are not tokenised: it takes about 0.1 ms a thousand characters, and the event loop waits. */
  readonly maxCharacters?: number | undefined;
}

export type RenderedPrompt =
  | {
      /** One per prompt of the request, in order; at least one. */
      readonly prompts: readonly Int32Array[];
      readonly unsupported?: undefined;
    }
  | {
      readonly prompts?: undefined;
      /** Why there are no ids, for logs and receipts; contains nothing of the prompt. */
      readonly unsupported: string;
      /**
       * `content`: not text (images, embeddings, a template of the client); `request`: a body that vLLM refuses;
       * `template`: the chat template refuses the messages or there is none; `length`: longer than `maxCharacters`.
       */
      readonly fault: "content" | "request" | "template" | "length";
      /** The template's own message; it may quote the prompt, so it goes to the client only. */
      readonly detail?: string;
    };

type Body = PromptRequest["body"];
const TOO_LONG = "the text is longer than what is tokenised here";

type Fault = Extract<RenderedPrompt, { fault: string }>["fault"];

/** Never throws for what a client can send. */
export function renderPrompt(request: PromptRequest): RenderedPrompt {
  const { kind, body } = request;
  if (kind === "completions") return renderTexts(body["prompt"], request);
  if (kind === "embeddings" && body["messages"] === undefined) return renderTexts(body["input"], request);
  if (kind === "messages") return renderChat({ ...request, body: anthropicToChat(body) });
  if (kind !== "responses") return renderChat(request);
  const chat = responsesToChat(body);
  if (chat === undefined) return fail("content", "the prompt continues a response that only the worker has");
  return renderChat({ ...request, body: chat });
}

/** The text that a chat body renders to; throws as the template does. */
export function renderChatText(body: Body, text: TextModel): string {
  if (text.template === undefined) {
    throw new SwitchgearError("SWG_TEMPLATE_INVALID", "the model has no chat template", { where: text.tokenizer.name });
  }
  const messages = Array.isArray(body["messages"]) ? body["messages"] : [];
  const { tools, documents } = body;
  return text.template.render({
    messages: templateMessages(messages, text.template.contentFormat),
    tools: Array.isArray(tools) ? templateTools(tools) : undefined,
    documents: Array.isArray(documents) ? documents : undefined,
    addGenerationPrompt: body["add_generation_prompt"] !== false,
    continueFinalMessage: body["continue_final_message"] === true,
    variables: templateVariables(body),
  });
}

function renderChat({ body, text, maxCharacters = Infinity }: PromptRequest): RenderedPrompt {
  const given = forwardedIds(body);
  if (given !== undefined) return { prompts: [given] };
  if (!Array.isArray(body["messages"]) || body["messages"].length === 0)
    return fail("request", "messages is not a list with content");
  if (typeof body["chat_template"] === "string") return fail("content", "the request brings its own chat template");
  try {
    const rendered = renderChatText(body, text);
    if (rendered.length > maxCharacters) return fail("length", TOO_LONG);
    const ids = text.tokenizer.encode(rendered, { addSpecialTokens: body["add_special_tokens"] === true });
    return { prompts: [truncated(new Int32Array(ids), body)] };
  } catch (thrown) {
    if (thrown instanceof UnsupportedContent) return fail("content", thrown.message);
    if (thrown instanceof SwitchgearError) return fail("template", "the chat template failed", thrown.message);
    throw thrown;
  }
}

/** vLLM adds `reasoning_effort` to the template's variables; `chat_template_kwargs` wins. */
function templateVariables(body: Body): Record<string, unknown> {
  const variables: Record<string, unknown> = {};
  if (typeof body["reasoning_effort"] === "string") variables["reasoning_effort"] = body["reasoning_effort"];
  return isRecord(body["chat_template_kwargs"]) ? { ...variables, ...body["chat_template_kwargs"] } : variables;
}

/** Ids that a prefill leg hands to the decode leg; vLLM takes them instead of the messages. */
function forwardedIds(body: Body): Int32Array | undefined {
  const parameters = body["kv_transfer_params"];
  const ids = isRecord(parameters) ? parameters["prompt_token_ids"] : undefined;
  return isIdList(ids) && ids.length > 0 ? Int32Array.from(ids) : undefined;
}

function renderTexts(prompt: unknown, { body, text, maxCharacters = Infinity }: PromptRequest): RenderedPrompt {
  if (body["prompt_embeds"] !== undefined && body["prompt_embeds"] !== null)
    return fail("content", "prompt embeddings");
  const prompts = promptList(prompt);
  if (prompts === undefined) return fail("request", "the prompt is neither text nor token ids");
  const characters = prompts.reduce((sum, one) => sum + (typeof one === "string" ? one.length : 0), 0);
  if (characters > maxCharacters) return fail("length", TOO_LONG);
  const addSpecialTokens = body["add_special_tokens"] !== false;
  return {
    prompts: prompts.map((one) => {
      const ids = typeof one === "string" ? text.tokenizer.encode(one, { addSpecialTokens }) : one;
      return truncated(new Int32Array(ids), body);
    }),
  };
}

/** A string, a list of strings, a list of ids, a list of lists of ids. */
function promptList(prompt: unknown): readonly (string | readonly number[])[] | undefined {
  if (typeof prompt === "string") return [prompt];
  if (!Array.isArray(prompt) || prompt.length === 0) return undefined;
  if (isIdList(prompt)) return [prompt];
  const list: readonly unknown[] = prompt;
  return list.every((one) => typeof one === "string" || (isIdList(one) && one.length > 0))
    ? (list as readonly (string | readonly number[])[])
    : undefined;
}

function isIdList(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((id) => Number.isInteger(id) && id >= 0 && id <= 0x7fffffff);
}

/** `truncate_prompt_tokens` keeps the end of a prompt unless `truncation_side` says right. */
function truncated(ids: Int32Array, body: Body): Int32Array {
  const limit = body["truncate_prompt_tokens"];
  if (typeof limit !== "number" || limit <= 0 || ids.length <= limit) return ids;
  return body["truncation_side"] === "right" ? ids.slice(0, limit) : ids.slice(-limit);
}

function fail(fault: Fault, unsupported: string, detail?: string): RenderedPrompt {
  return detail === undefined ? { unsupported, fault } : { unsupported, fault, detail };
}
