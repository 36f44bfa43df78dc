// The thread of pair-comparer.ts: parses and compares answers and judges verdicts, away from users' requests.
import { createHash } from "node:crypto";
import { parentPort, workerData } from "node:worker_threads";
import { type Numbered, seededRandom } from "../../core/index.ts";
import type { RawAnswer, RawPair } from "../../gateway/index.ts";
import {
  type AnswerBytes,
  type ArmAnswer,
  comparePair,
  type CrossScore,
  crossScore,
  judgePairs,
  type PairRecord,
  pairTexts,
  readAnswer,
  readScores,
  scoreRequest,
} from "../../migration/offline.ts";
import type { PairQuestion, PairReply } from "./pair-comparer.ts";
import { pairRecords } from "./pair-records.ts";

parentPort?.on("message", ({ number, content }: Numbered<PairQuestion>) => {
  const reply: Numbered<PairReply> = { number, content: answer(content) };
  parentPort?.postMessage(reply);
});

/** Of the plan; `data` of the thread names the file. */
const records = pairRecords(String(workerData));
/** Of those whose score is never told, the oldest go. */
const MOST_UNSCORED = 4096;
/** Compared, and not kept before their score is known. */
const unscored = new Map<number, PairRecord>();
let next = 0;

function answer(question: PairQuestion): PairReply {
  try {
    if (question.kind === "compare") return compare(question);
    if (question.kind === "score") return score(question);
    const random = seededRandom(question.seed);
    return { verdict: judgePairs(records.all, { ...question.options, random }) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

/** The texts end here, unless the plan asks for them: what goes back holds figures and verdicts, and the session as a salted hash. */
function compare({ pair, salt, mask }: PairQuestion & { readonly kind: "compare" }): PairReply {
  if (records.isFull) return { error: "there are pairs enough" };
  const primary = asClient(readAnswer(unpacked(pair.primary), pair.streamed), pair);
  const shadow = asClient(readAnswer(unpacked(pair.shadow), pair.streamed), pair);
  const record = recordOf(pair, { salt, primary, shadow });
  const { kind } = record;
  if (pair.request === undefined) return { compared: { kind }, ...kept(record) };
  const request = Buffer.from(pair.request.body).toString("utf8");
  const patterns = mask?.map((source) => new RegExp(source, "gu"));
  const texts = patterns && pairTexts({ record, request, primary, shadow, mask: patterns });
  const scoring = scoreRequest({ record, request, path: pair.request.path, model: pair.primaryModel, shadow });
  const compared = { kind, ...(texts && { texts }) };
  if (scoring === undefined || kind !== "pair") return { compared, ...kept(record) };
  const number = next++;
  unscored.set(number, record);
  unscored.delete(number - MOST_UNSCORED);
  return { compared: { ...compared, scoring: { ...scoring, number } } };
}

/** The legacy's opinion of an answer that parts from its own, if it was asked and tells. */
function score({ number, reply, promptTokens }: PairQuestion & { readonly kind: "score" }): PairReply {
  const record = unscored.get(number);
  unscored.delete(number);
  if (record === undefined) return { error: "the pair is lost" };
  const found = reply === undefined ? undefined : opinion(reply, promptTokens);
  return kept(found ? { ...record, crossScore: found } : record);
}

function opinion(reply: string, promptTokens: number): CrossScore | undefined {
  try {
    return crossScore(readScores(reply, promptTokens));
  } catch {
    return undefined;
  }
}

function kept(record: PairRecord): PairReply {
  const notWritten = records.keep(record);
  return notWritten === undefined ? {} : { notWritten };
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
