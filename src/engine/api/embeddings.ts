// POST /v1/embeddings: deterministic vectors.
import { bodyReader } from "./body-reader.ts";
import { badValue } from "./api-error.ts";
import { type EngineContext, epochSeconds, hexId } from "./engine-context.ts";
import type { Exchange } from "./exchange.ts";
import { embed, pooledUsage, poolPrompts } from "./pooled.ts";

const DIMENSIONS = 1024;
const MOST_DIMENSIONS = 8192;

export function embeddings(context: EngineContext, exchange: Exchange): void {
  const reader = bodyReader(exchange.body);
  reader.required("input");
  const dimensions = reader.integer("dimensions") ?? DIMENSIONS;
  const format = reader.string("encoding_format") ?? "float";
  reader.finish();
  if (dimensions < 1 || dimensions > MOST_DIMENSIONS)
    throw badValue(`dimensions must be between 1 and ${MOST_DIMENSIONS}, got ${dimensions}.`, "dimensions", dimensions);
  poolPrompts(context, exchange, {
    input: exchange.body["input"],
    done: ({ model, prompts, promptTokens }) =>
      exchange.reply.json(
        200,
        JSON.stringify({
          id: `embd-${hexId(context.random)}`,
          object: "list",
          created: epochSeconds(context.clock),
          model,
          data: prompts.map((ids, index) => ({
            index,
            object: "embedding",
            embedding: encoded(embed(ids, dimensions), format),
          })),
          usage: pooledUsage(promptTokens),
        }),
      ),
  });
}

function encoded(vector: number[], format: string): number[] | string {
  return format === "base64" ? Buffer.from(Float32Array.from(vector).buffer).toString("base64") : vector;
}
