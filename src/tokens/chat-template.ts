// Renders a conversation to the text that the model reads, as Hugging Face and vLLM do.
import { Template } from "@huggingface/jinja";
import { SwitchgearError, toError } from "../core/index.ts";
import { type ContentFormat, UnsupportedContent } from "./chat-message.ts";
import { detectContentFormat } from "./content-format.ts";
import { developerAsSystem, knowsDeveloper } from "./developer-role.ts";

export interface TemplateInput {
  /** Messages from templateMessages. */
  readonly messages: readonly Record<string, unknown>[];
  readonly tools?: readonly unknown[] | undefined;
  readonly documents?: readonly unknown[] | undefined;
  /** Default true. */
  readonly addGenerationPrompt?: boolean | undefined;
  /** The last message is left open, to be continued. Default false. */
  readonly continueFinalMessage?: boolean | undefined;
  /** `chat_template_kwargs`: further variables of the template. */
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
}

export interface ChatTemplate {
  readonly name: string;
  readonly contentFormat: ContentFormat;
  /** Throws SWG_TEMPLATE_FAILED when the template refuses the messages or has a fault. */
  render(input: TemplateInput): string;
}

export interface TemplateTokens {
  readonly bos_token?: string | undefined;
  readonly eos_token?: string | undefined;
  readonly pad_token?: string | undefined;
  readonly unk_token?: string | undefined;
}

/** Compiled once; `name` is shown in errors. Throws SWG_TEMPLATE_INVALID. */
export function chatTemplate(source: string, name: string, tokens: TemplateTokens = {}): ChatTemplate {
  const template = compile(source, name);
  const developer = knowsDeveloper(source);
  const present = Object.fromEntries(Object.entries(tokens).filter(([, token]) => token !== undefined));
  return {
    name,
    contentFormat: detectContentFormat(source),
    render(input) {
      const given = developer ? input.messages : developerAsSystem(input.messages);
      const messages = input.continueFinalMessage ? withTag(given) : given;
      const variables = {
        ...present,
        messages,
        // Absent and null differ for a template; transformers passes None.
        tools: input.tools ?? null,
        documents: input.documents ?? null,
        add_generation_prompt: input.addGenerationPrompt ?? true,
        ...input.variables,
      };
      const text = run(template, name, variables);
      return input.continueFinalMessage ? cutAtTag(text) : text;
    },
  };
}

function compile(source: string, name: string): Template {
  try {
    return new Template(source);
  } catch (thrown) {
    throw new SwitchgearError("SWG_TEMPLATE_INVALID", `chat template ${name}: ${toError(thrown).message}`, {
      where: name,
      expected: "a Jinja template that @huggingface/jinja can read",
      cause: thrown,
    });
  }
}

function run(template: Template, name: string, variables: Record<string, unknown>): string {
  try {
    return template.render(variables);
  } catch (thrown) {
    throw new SwitchgearError("SWG_TEMPLATE_FAILED", toError(thrown).message, { where: name, cause: thrown });
  }
}

/** transformers' `apply_chat_template`: a mark that survives templates that trim content. */
const TAG = "CONTINUE_FINAL_MESSAGE_TAG ";

function withTag(messages: TemplateInput["messages"]): TemplateInput["messages"] {
  const last = messages.at(-1);
  if (last === undefined) throw new UnsupportedContent("continue_final_message without a message");
  return [...messages.slice(0, -1), { ...last, content: tagged(last["content"]) }];
}

function tagged(content: unknown): unknown {
  if (typeof content === "string") return content + TAG;
  if (!Array.isArray(content) || content.length === 0) {
    throw new UnsupportedContent("continue_final_message needs text in the last message");
  }
  const parts: unknown[] = content.slice(0, -1);
  const last = content.at(-1) as { text?: unknown };
  return [...parts, { ...last, text: String(last.text) + TAG }];
}

function cutAtTag(text: string): string {
  const at = text.lastIndexOf(TAG.trim());
  if (at < 0)
    throw new UnsupportedContent("the chat template does not show the final message, so it cannot be continued");
  const before = text.slice(0, at);
  return text.startsWith(TAG, at) ? before : before.trimEnd();
}
