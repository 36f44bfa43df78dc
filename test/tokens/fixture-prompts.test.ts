// Prompts of recorded requests have the token ids, or at least the token count, that a real vLLM 0.32 reported.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { loadTokenizerFolder } from "../../src/tokens/load-tokenizer.ts";
import { type PromptKind, renderPrompt } from "../../src/tokens/index.ts";
import { QWEN3_FOLDER } from "./qwen3.ts";

const folder = new URL("../../../shared/data/vllm-fixtures/bodies/", import.meta.url);
const absent = !existsSync(folder) && "no recordings of a real vLLM here";

interface Answer {
  readonly usage?: { readonly prompt_tokens?: number; readonly input_tokens?: number };
  readonly prompt_token_ids?: readonly number[] | null;
  readonly token_ids?: readonly number[];
  readonly tokens?: readonly number[];
  readonly choices?: readonly { readonly prompt_token_ids?: readonly number[] | null }[];
}

interface Recording {
  readonly name: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly answers: readonly Answer[];
}

function recordings(): Recording[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".req.json"))
    .flatMap((file) => {
      const name = file.slice(0, -".req.json".length);
      const answer = new URL(`${name}.http`, folder);
      if (!existsSync(answer)) return [];
      try {
        const body = JSON.parse(readFileSync(new URL(file, folder), "utf8")) as Recording["body"];
        return [{ name, body, answers: answersOf(readFileSync(answer, "utf8")) }];
      } catch {
        // Requests that are broken on purpose.
        return [];
      }
    });
}

function answersOf(reply: string): Answer[] {
  if (!reply.startsWith("HTTP/1.1 200")) return [];
  const body = reply.slice(reply.indexOf("\r\n\r\n") >= 0 ? reply.indexOf("\r\n\r\n") + 4 : reply.indexOf("\n\n") + 2);
  const lines = body.startsWith("{") ? [body] : body.split("\n").filter((line) => line.startsWith("data: {"));
  return lines.flatMap((line) => {
    try {
      return [JSON.parse(line.replace("data: ", "")) as Answer];
    } catch {
      return [];
    }
  });
}

function kindOf(name: string, body: Recording["body"]): PromptKind | undefined {
  if (name.startsWith("messages")) return "messages";
  if (name.startsWith("responses")) return "responses";
  if (/embed|rerank|score|pooling|detokenize|pd_/.test(name)) return undefined;
  return "messages" in body ? "chat" : "prompt" in body ? "completions" : undefined;
}

test("every recorded prompt", { skip: absent }, async () => {
  const text = await loadTokenizerFolder(QWEN3_FOLDER);
  const checked = { ids: 0, counts: 0 };
  for (const { name, body, answers } of recordings()) {
    const kind = kindOf(name, body);
    if (kind === undefined || answers.length === 0) continue;
    const { prompts, unsupported } = renderPrompt({ kind, body, text });
    const usage = answers.findLast((answer) => answer.usage)?.usage;
    const count = usage?.prompt_tokens ?? usage?.input_tokens;
    const ids = answers.map(
      (one) => one.prompt_token_ids ?? one.choices?.[0]?.prompt_token_ids ?? one.token_ids ?? one.tokens,
    );
    const expected = ids.find((list) => Array.isArray(list) && list.length > 0);
    if (count === undefined && expected === undefined) continue;
    assert.equal(unsupported, undefined, name);
    if (expected !== undefined && prompts?.length === 1) {
      assert.deepEqual([...(prompts[0] ?? [])], expected, name);
      checked.ids++;
    }
    if (count !== undefined && count > 0) {
      assert.equal(
        prompts?.reduce((sum, one) => sum + one.length, 0),
        count,
        name,
      );
      checked.counts++;
    }
  }
  assert.ok(checked.ids >= 5 && checked.counts >= 30, JSON.stringify(checked));
});
