// What simulations need of tokens: the chain of block hashes, without tokenizers and what loads them.
export { chainHash, seedPair } from "./hash-blocks.ts";
