// POST /tokenize and /detokenize.
import { badValue } from "./api-error.ts";
import { bodyReader } from "./body-reader.ts";
import type { EngineContext } from "./engine-context.ts";
import type { Exchange } from "./exchange.ts";
import { isIntegerArray } from "./json-object.ts";
import { tokenText } from "./logprobs.ts";
import { checkModel } from "./model-name.ts";
import { readPrompts } from "./prompts.ts";

export function tokenize(context: EngineContext, exchange: Exchange): void {
  const { body } = exchange;
  const reader = bodyReader(body);
  const chat = body["messages"] !== undefined;
  if (!chat && reader.required("prompt")) reader.string("prompt");
  // Of the two kinds of body neither fits.
  if (!chat && body["prompt"] === undefined) reader.required("messages");
  const strings = reader.boolean("return_token_strs") ?? false;
  reader.finish();
  checkModel(context, body["model"]);
  const [ids = new Int32Array(0)] = readPrompts(context, chat ? "chat" : "completions", body);
  const tokens = [...ids];
  exchange.reply.json(
    200,
    JSON.stringify({
      count: tokens.length,
      max_model_len: context.maxModelLen,
      tokens,
      token_strs: strings ? tokens.map((id) => spelling(context, id)) : null,
    }),
  );
}

function spelling(context: EngineContext, id: number): string {
  return context.tokenizer.spellingOf?.(id) ?? tokenText(context, id);
}

export function detokenize(context: EngineContext, exchange: Exchange): void {
  const { body } = exchange;
  const reader = bodyReader(body);
  const tokens = reader.required("tokens") ? reader.list("tokens") : undefined;
  reader.finish();
  checkModel(context, body["model"]);
  if (!isIntegerArray(tokens)) throw badValue("tokens must be a list of token ids");
  exchange.reply.json(200, JSON.stringify({ prompt: context.tokenizer.decode(tokens, { keepSpecial: true }) }));
}
