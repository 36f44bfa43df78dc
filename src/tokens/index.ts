// Chat template → text → token ids → chained block hashes; knows no workers.
export { anthropicToChat } from "./anthropic-chat.ts";
export type { BlockHashes, HashSeed } from "./block-hashes.ts";
export { bpeTokenizer } from "./bpe-tokenizer.ts";
export { type BuiltinTokenizer, builtinTokenizer } from "./builtin-tokenizer.ts";
export { chatTemplate } from "./chat-template.ts";
export { chunkHashes } from "./chunk-hashes.ts";
export { expandHashId } from "./expand-hash-id.ts";
export { chainHash, extendBlocks, type HashPair, hashBlocks, seedPair } from "./hash-blocks.ts";
export { hubFromEnvironment, loadTextModel } from "./load-text-model.ts";
export { type PromptKind, renderChatText, renderPrompt } from "./prompt.ts";
export { responsesToChat } from "./responses-chat.ts";
export { builtinTextModel, type TextModel } from "./text-model.ts";
export type { Tokenizer } from "./tokenizer.ts";
