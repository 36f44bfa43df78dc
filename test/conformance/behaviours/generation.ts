// What depends on what the model said: stop strings, stop tokens, seeds, priorities.
import assert from "node:assert/strict";
import { bodyOf, eventsOf, type Json, textOfChat } from "../answer.ts";
import { whileFull } from "../full-engine.ts";
import { exchange, type OpenAnswer } from "../http.ts";
import { CHAT, chat, completion, COMPLETIONS } from "../probes/requests.ts";
import type { Case, Target } from "../target.ts";

function generating(name: string, run: (target: Target) => Promise<void>): Case {
  return { topic: "generation", name, run };
}

async function choiceOf(target: Target, more: object): Promise<Json> {
  return bodyOf(await exchange(target.url, { path: COMPLETIONS, body: completion(more) })).at("choices", 0);
}

/** Greedy output, token by token. */
async function said(target: Target, count: number): Promise<{ texts: string[]; ids: number[]; text: string }> {
  const choice = await choiceOf(target, { max_tokens: count, logprobs: 0, return_token_ids: true });
  return {
    texts: choice
      .at("logprobs", "tokens")
      .list()
      .map((one) => one.text()),
    ids: choice
      .at("token_ids")
      .list()
      .map((one) => one.number()),
    text: choice.at("text").text(),
  };
}

/** Where two whole tokens follow each other: half a character is no stop string. What is said depends on the model's path. */
function wholeAt(texts: readonly string[]): number {
  const whole = (at: number): boolean => !(texts[at] ?? "\ufffd").includes("\ufffd");
  const found = texts.findIndex((_, at) => at >= 1 && whole(at) && whole(at + 1));
  assert.ok(found >= 1, `no two whole tokens: ${JSON.stringify(texts)}`);
  return found;
}

const stopCases = [
  generating("a stop string ends the text before it", async (target) => {
    const { texts, text } = await said(target, 12);
    const stop = texts[wholeAt(texts)] ?? "";
    const choice = await choiceOf(target, { max_tokens: 12, stop: [stop] });
    assert.equal(choice.at("finish_reason").value, "stop");
    assert.equal(choice.at("stop_reason").value, stop);
    assert.equal(choice.at("text").value, text.slice(0, text.indexOf(stop)));
  }),
  generating("include_stop_str_in_output keeps it", async (target) => {
    const { texts } = await said(target, 12);
    const stop = texts[wholeAt(texts)] ?? "";
    const choice = await choiceOf(target, { max_tokens: 12, stop, include_stop_str_in_output: true });
    assert.ok(choice.at("text").text().endsWith(stop));
  }),
  generating("a stop string across tokens is held back in a stream", async (target) => {
    const { texts, text: all } = await said(target, 12);
    const at = wholeAt(texts);
    const [a = "", b = ""] = [texts[at], texts[at + 1]];
    const stop = a.slice(-1) + b.slice(0, 1);
    const answer = await exchange(target.url, {
      path: COMPLETIONS,
      body: completion({ max_tokens: 12, stop, stream: true }),
    });
    const events = eventsOf(answer);
    assert.equal(
      events.map((event) => event.at("choices", 0, "text").text()).join(""),
      all.slice(0, all.indexOf(stop)),
    );
    assert.equal(events.at(-1)?.at("choices", 0, "stop_reason").value, stop);
  }),
  generating("a stop token ends it", async (target) => {
    const { ids } = await said(target, 6);
    const choice = await choiceOf(target, { max_tokens: 6, stop_token_ids: [ids[2]], return_token_ids: true });
    assert.equal(choice.at("finish_reason").value, "stop");
    assert.equal(choice.at("stop_reason").value, ids[2]);
    assert.deepEqual(choice.at("token_ids").value, ids.slice(0, ids.indexOf(ids[2] ?? 0) + 1));
  }),
  generating("greedy answers repeat, and continue from a partial output", async (target) => {
    const { ids, text } = await said(target, 8);
    assert.deepEqual((await said(target, 8)).ids, ids);
    const [first, rest] = [ids.slice(0, 3), ids.slice(3)];
    const choice = await choiceOf(target, { prompt: [9707, 1879, ...first], max_tokens: 5, return_token_ids: true });
    assert.deepEqual(choice.at("token_ids").value, rest);
    assert.ok(text.length > 0);
  }),
  generating("a seed repeats, no seed does not", async (target) => {
    const draw = async (more: object) =>
      (await choiceOf(target, { temperature: 1, max_tokens: 12, ...more })).at("text").text();
    assert.equal(await draw({ seed: 11 }), await draw({ seed: 11 }));
    assert.notEqual(await draw({}), await draw({}));
  }),
  generating("a stream says what a whole answer says", async (target) => {
    const whole = bodyOf(await exchange(target.url, { path: CHAT, body: chat({ max_tokens: 20 }) }));
    const events = eventsOf(await exchange(target.url, { path: CHAT, body: chat({ max_tokens: 20, stream: true }) }));
    assert.equal(textOfChat(events), whole.at("choices", 0, "message", "content").value);
  }),
];

const priorityCases = [
  generating("a lower priority value overtakes in the queue", async (target) => {
    const order = await whileFull(target, async ({ streams, ask, waiting }) => {
      const started: string[] = [];
      const queued = async (name: string, priority: number, place: number): Promise<OpenAnswer> => {
        const answer = ask({ max_tokens: 4, priority });
        await waiting(place);
        const begun = answer.until((text) => text !== "").then(() => started.push(name));
        begun.catch(() => undefined);
        return answer;
      };
      const late = await queued("late", 5, 1);
      const urgent = await queued("urgent", -5, 2);
      // One place at a time.
      streams[0]?.leave();
      await Promise.all([late.ended, urgent.ended]);
      return started;
    });
    assert.deepEqual(order, ["urgent", "late"]);
  }),
];

export const generationCases: readonly Case[] = [...stopCases, ...priorityCases];
