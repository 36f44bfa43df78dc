// The chat template of the built-in tokenizer: ChatML, tools as JSON in the system turn.
import { type ChatTemplate, chatTemplate } from "./chat-template.ts";

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

let shared: ChatTemplate | undefined;

export function builtinTemplate(): ChatTemplate {
  shared ??= chatTemplate(SOURCE, "builtin", { bos_token: "<|begin_of_text|>", eos_token: "<|im_end|>" });
  return shared;
}
