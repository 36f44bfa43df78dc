// The chat template of the built-in tokenizer: ChatML, tools as JSON in the system turn.
import { type ChatTemplate, chatTemplate, type TemplateInput } from "./chat-template.ts";

const SOURCE = `{{- bos_token }}
{%- if tools or messages[0].role == 'system' %}
    {{- '<|im_start|>system\\n' }}
    {%- if messages[0].role == 'system' %}{{- messages[0].content }}{%- endif %}
    {%- if tools %}
        {{- '\\n\\n# Tools\\n\\nCall a function with <tool_call>{"name": …, "arguments": …}</tool_call>.\\n' }}
        {%- for tool in tools %}{{- tool | tojson + '\\n' }}{%- endfor %}
    {%- endif %}
    {{- '<|im_end|>\\n' }}
{%- endif %}
{%- for message in messages %}
    {%- if not (loop.first and message.role == 'system') %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content }}
        {%- for call in message.tool_calls or [] %}
            {{- '<tool_call>{"name": ' + (call.function.name | tojson) + ', "arguments": ' }}
            {{- (call.function.arguments | tojson) + '}</tool_call>' }}
        {%- endfor %}
        {{- '<|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}`;

const BEGIN = "<|begin_of_text|>";

let shared: ChatTemplate | undefined;

export function builtinTemplate(): ChatTemplate {
  shared ??= withShortcut(chatTemplate(SOURCE, "builtin", { bos_token: BEGIN, eos_token: "<|im_end|>" }));
  return shared;
}

/** Interpreting the template costs a request more than its tokens do, so the usual case is spelt out. */
function withShortcut(template: ChatTemplate): ChatTemplate {
  return { ...template, render: (input) => plainChat(input) ?? template.render(input) };
}

/** What the template gives for messages that are a role and a text; undefined for others. */
function plainChat(input: TemplateInput): string | undefined {
  if (input.tools !== undefined || input.continueFinalMessage === true) return undefined;
  for (const _ in input.variables) return undefined;
  let text = BEGIN;
  for (const { role, content, tool_calls: calls } of input.messages) {
    if (typeof content !== "string" || typeof role !== "string" || role === "developer" || calls !== undefined)
      return undefined;
    text += `<|im_start|>${role}\n${content}<|im_end|>\n`;
  }
  return input.addGenerationPrompt === false ? text : `${text}<|im_start|>assistant\n`;
}
