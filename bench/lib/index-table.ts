// Memory of the index as Markdown.
import type { IndexMemory } from "./index-memory.ts";
import { markdownTable } from "./markdown-table.ts";

export function indexTable({ tokensPerPrompt, maxBytes, points }: IndexMemory): string {
  const rows = points.map(({ prompts, blocks, evictions, indexMb, heapMb, residentMb }) => [
    String(prompts),
    String(blocks),
    String(evictions),
    indexMb.toFixed(0),
    heapMb.toFixed(0),
    residentMb.toFixed(0),
  ]);
  const head = ["distinct prompts", "blocks held", "evicted", "index MB", "heap MB", "process MB"];
  const cap = (maxBytes / 1e6).toFixed(0);
  return `Index under distinct prompts of ${tokensPerPrompt} tokens, cap ${cap} MB:\n\n${markdownTable(head, rows)}`;
}
