// Chat template → text → token ids → chained block hashes; knows no workers.
export { anthropicToChat } from "./anthropic-chat.ts";
export type { BlockHashes, HashSeed } from "./block-hashes.ts";
export { type BpeOptions, bpeTokenizer } from "./bpe-tokenizer.ts";
export { type BuiltinTokenizer, builtinTokenizer } from "./builtin-tokenizer.ts";
export { type ChatTemplate, chatTemplate, type TemplateInput } from "./chat-template.ts";
export { type ChunkHashes, chunkHashes } from "./chunk-hashes.ts";
export { expandHashId, type IdRange } from "./expand-hash-id.ts";
export { chainHash, extendBlocks, type HashPair, hashBlocks, seedPair } from "./hash-blocks.ts";
export type { HubOptions } from "./hub.ts";
export { hubFromEnvironment, loadTextModel, type TokenizerSource } from "./load-text-model.ts";
export { type PromptKind, type PromptRequest, renderChatText, type RenderedPrompt, renderPrompt } from "./prompt.ts";
export { responsesToChat } from "./responses-chat.ts";
export { builtinTextModel, type TextModel } from "./text-model.ts";
export type { EncodeOptions, Tokenizer } from "./tokenizer.ts";
