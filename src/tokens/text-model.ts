// What turns requests of one model into token ids: its tokenizer and its chat template.
import { builtinTemplate } from "./builtin-template.ts";
import { builtinTokenizer } from "./builtin-tokenizer.ts";
import type { ChatTemplate } from "./chat-template.ts";
import type { Tokenizer } from "./tokenizer.ts";

export interface TextModel {
  readonly tokenizer: Tokenizer;
  /** Undefined for a base model: chat requests cannot be rendered. */
  readonly template: ChatTemplate | undefined;
  /** From config.json or tokenizer_config.json. */
  readonly maxModelLen?: number | undefined;
}

export function builtinTextModel(): TextModel {
  return { tokenizer: builtinTokenizer(), template: builtinTemplate() };
}
