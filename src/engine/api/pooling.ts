// POST /pooling, /score and /rerank, as far as a load balancer has to know them.
import { bodyReader } from "./body-reader.ts";
import { type EngineContext, epochSeconds, hexId } from "./engine-context.ts";
import type { Exchange } from "./exchange.ts";
import type { JsonObject } from "./json-object.ts";
import { embed, pooledUsage, poolPrompts } from "./pooled.ts";

const DIMENSIONS = 256;

export function pooling(context: EngineContext, exchange: Exchange): void {
  required(exchange.body, ["input"]);
  poolPrompts(context, exchange, {
    input: exchange.body["input"],
    done({ model, prompts, promptTokens }) {
      const data = prompts.map((ids, index) => ({ index, object: "pooling", data: embed(ids, DIMENSIONS) }));
      const head = { id: `pool-${hexId(context.random)}`, object: "list", created: epochSeconds(context.clock), model };
      exchange.reply.json(200, JSON.stringify({ ...head, data, usage: pooledUsage(promptTokens) }));
    },
  });
}

export function score(context: EngineContext, exchange: Exchange): void {
  const { body } = exchange;
  const named =
    body["queries"] !== undefined || body["text_1"] === undefined ? ["queries", "documents"] : ["text_1", "text_2"];
  required(body, named);
  const left = texts(body[named[0] ?? ""]);
  const right = texts(body[named[1] ?? ""]);
  poolPrompts(context, exchange, {
    input: [...left, ...right],
    done({ model, prompts, promptTokens }) {
      const vectors = prompts.map((ids) => embed(ids, DIMENSIONS));
      const data = right.map((_, index) => ({
        index,
        object: "score",
        score: similarity(vectors[Math.min(index, left.length - 1)], vectors[left.length + index]),
      }));
      const head = {
        id: `score-${hexId(context.random)}`,
        object: "list",
        created: epochSeconds(context.clock),
        model,
      };
      exchange.reply.json(200, JSON.stringify({ ...head, data, usage: pooledUsage(promptTokens) }));
    },
  });
}

export function rerank(context: EngineContext, exchange: Exchange): void {
  const { body } = exchange;
  required(body, ["query", "documents"]);
  const documents = texts(body["documents"]);
  const top = bodyReader(body).integer("top_n") ?? 0;
  poolPrompts(context, exchange, {
    input: [...texts(body["query"]).slice(0, 1), ...documents],
    done({ model, prompts, promptTokens }) {
      const [query, ...vectors] = prompts.map((ids) => embed(ids, DIMENSIONS));
      const results = documents
        .map((text, index) => ({ index, document: { text }, relevance_score: similarity(query, vectors[index]) }))
        .toSorted((a, b) => b.relevance_score - a.relevance_score)
        .slice(0, top > 0 ? top : undefined);
      const usage = { prompt_tokens: promptTokens, total_tokens: promptTokens };
      exchange.reply.json(200, JSON.stringify({ id: `rerank-${hexId(context.random)}`, model, usage, results }));
    },
  });
}

function required(body: JsonObject, fields: readonly string[]): void {
  const reader = bodyReader(body);
  for (const field of fields) reader.required(field);
  reader.finish();
}

function texts(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).map((one) => (typeof one === "string" ? one : JSON.stringify(one)));
}

function similarity(a: readonly number[] | undefined, b: readonly number[] | undefined): number {
  const dot = (a ?? []).reduce((sum, value, i) => sum + value * (b?.[i] ?? 0), 0);
  return Number(((1 + dot) / 2).toFixed(6));
}
