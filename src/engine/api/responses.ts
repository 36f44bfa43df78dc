// POST /v1/responses.
import { chatPlan } from "./chat-completions.ts";
import { chatMessage } from "./chat-message.ts";
import { collectChoices, type CollectedChoice } from "./collect-choices.ts";
import { type EngineContext, epochSeconds, hexId } from "./engine-context.ts";
import type { Exchange } from "./exchange.ts";
import { requestIdOf } from "./request-id.ts";
import { callItem, responseBody, type ResponseFacts, responseUsage, textItem } from "./responses-body.ts";
import { responseEvents } from "./responses-events.ts";
import { readResponses } from "./responses-request.ts";
import { streamChoices } from "./stream-choices.ts";

export function responses(context: EngineContext, exchange: Exchange): void {
  const request = readResponses(context, exchange.body);
  const id = `resp_${requestIdOf(exchange, request.sampling) ?? hexId(context.random)}`;
  const facts: ResponseFacts = { id, created: epochSeconds(context.clock), request, asked: exchange.body };
  const plan = chatPlan(context, exchange, { id, request });
  if (request.sampling.stream)
    return streamChoices(context, exchange, { plan, chunks: responseEvents(context, facts) });
  collectChoices(context, exchange, {
    plan,
    done: ([choice]) => choice && exchange.reply.json(200, JSON.stringify(finished(context, facts, choice))),
  });
}

function finished(context: EngineContext, facts: ResponseFacts, choice: CollectedChoice): object {
  const { message } = chatMessage(context, facts.request, choice);
  const calls = (message.tool_calls ?? []).map((call) =>
    callItem({
      ...call.function,
      call_id: `call_${hexId(context.random)}`,
      id: `fc_${hexId(context.random)}`,
      status: "completed",
    }),
  );
  const text = message.content === null ? [] : [textItem(`msg_${hexId(context.random)}`, message.content)];
  const status = choice.finish === "length" ? "incomplete" : "completed";
  return responseBody(facts, {
    status,
    output: [...text, ...calls],
    usage: responseUsage(context, facts.request, choice),
  });
}
