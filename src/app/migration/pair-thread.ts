// The thread of pair-comparer.ts: parses and compares answers and judges verdicts, away from users' requests.
import { createHash } from "node:crypto";
import { parentPort } from "node:worker_threads";
import { type Numbered, seededRandom } from "../../core/index.ts";
import type { RawAnswer, RawPair } from "../../gateway/index.ts";
import {
  type AnswerBytes,
  type ArmAnswer,
  comparePair,
  crossScore,
  judgePairs,
  type PairRecord,
  pairTexts,
  readAnswer,
  readScores,
  scoreRequest,
} from "../../migration/index.ts";
import type { Compared, PairQuestion, PairReply } from "./pair-comparer.ts";

parentPort?.on("message", ({ number, content }: Numbered<PairQuestion>) => {
  const reply: Numbered<PairReply> = { number, content: answer(content) };
  parentPort?.postMessage(reply);
});

function answer(question: PairQuestion): PairReply {
  try {
    if (question.kind === "compare") return { compared: compare(question) };
    if (question.kind === "score") {
      const { reply, promptTokens } = question;
      return { score: crossScore(readScores(reply, promptTokens)) };
    }
    const random = seededRandom(question.seed);
    return { verdict: judgePairs(question.records, { ...question.options, random }) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

/** The texts end here, unless the plan asks for them: what goes back holds figures and verdicts, and the session as a salted hash. */
function compare({ pair, salt, mask }: PairQuestion & { readonly kind: "compare" }): Compared {
  const primary = asClient(readAnswer(unpacked(pair.primary), pair.streamed), pair);
  const shadow = asClient(readAnswer(unpacked(pair.shadow), pair.streamed), pair);
  const record = recordOf(pair, { salt, primary, shadow });
  if (pair.request === undefined) return { record };
  const request = Buffer.from(pair.request.body).toString("utf8");
  const patterns = mask?.map((source) => new RegExp(source, "gu"));
  const texts = patterns && pairTexts({ record, request, primary, shadow, mask: patterns });
  const scoring = scoreRequest({ record, request, path: pair.request.path, model: pair.primaryModel, shadow });
  return { record, ...(texts && { texts }), ...(scoring && { scoring }) };
}

function unpacked(answer: RawAnswer): AnswerBytes {
  const { bytes, ends, times } = answer;
  const chunks = Array.from(ends, (end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
  return { ...answer, chunks, times: Array.from(times) };
}

interface Sides {
  readonly salt: Uint8Array;
  readonly primary: ArmAnswer;
  readonly shadow: ArmAnswer;
}

function recordOf(pair: RawPair, { salt, primary, shadow }: Sides): PairRecord {
  const { fields, kind, at, stratum, streamed, truncated } = pair;
  const given = (name: string): number | undefined => (typeof fields[name] === "number" ? fields[name] : undefined);
  const [temperature, topK, seed] = [given("temperature"), given("top_k"), given("seed")];
  return comparePair({
    kind,
    request: {
      session: createHash("sha256").update(salt).update(pair.session).digest("base64url").slice(0, 22),
      at,
      stratum,
      ...(temperature !== undefined && { temperature }),
      ...(topK !== undefined && { topK }),
      ...(seed !== undefined && { seed }),
      wantsLogprobs: fields["logprobs"] !== undefined && fields["logprobs"] !== false && fields["logprobs"] !== null,
      wantsJson: wantsJson(fields["response_format"]),
      streamed,
      truncated,
    },
    primary,
    shadow,
  });
}

/** The names by which the arms know the model are ours to map, and no difference. */
function asClient(answer: ArmAnswer, { model, shadowModel, primaryModel }: RawPair): ArmAnswer {
  const known = answer.model === shadowModel || answer.model === primaryModel;
  return known ? { ...answer, model } : answer;
}

function wantsJson(format: unknown): boolean {
  const type = typeof format === "object" && format !== null ? Reflect.get(format, "type") : undefined;
  return type === "json_object" || type === "json_schema";
}
