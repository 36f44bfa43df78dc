// The thread of pair-comparer.ts: parses and compares answers and judges verdicts, away from users' requests.
import { createHash } from "node:crypto";
import { parentPort } from "node:worker_threads";
import { seededRandom } from "../../core/index.ts";
import type { RawPair } from "../../gateway/index.ts";
import { type ArmAnswer, comparePair, judgePairs, type PairRecord, readAnswer } from "../../migration/index.ts";
import type { PairQuestion, PairReply } from "./pair-comparer.ts";

parentPort?.on("message", (question: PairQuestion) => parentPort?.postMessage(answer(question)));

function answer(question: PairQuestion): PairReply {
  const { number } = question;
  try {
    if (question.kind === "compare") return { number, record: compare(question.pair, question.salt) };
    const random = seededRandom(question.seed);
    return { number, verdict: judgePairs(question.records, { ...question.options, random }) };
  } catch (error) {
    return { number, error: error instanceof Error ? error.message : String(error) };
  }
}

/** The texts end here: what goes back holds figures and verdicts only, and the session as a salted hash. */
function compare(pair: RawPair, salt: Uint8Array): PairRecord {
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
    primary: asClient(readAnswer(pair.primary, streamed), pair),
    shadow: asClient(readAnswer(pair.shadow, streamed), pair),
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
