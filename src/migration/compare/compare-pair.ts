// Two answers to one request → the record of the pair. The texts are not kept.
import type { ArmAnswer, ComparedRequest } from "./answer.ts";
import { determinism } from "./determinism.ts";
import { firstDivergence, severityAt } from "./divergence.ts";
import { endingOf } from "./ending.ts";
import { brokenInvariants } from "./invariants.ts";
import type { ArmMeasure, Comparison, PairRecord } from "./pair-record.ts";
import { seedRecord, type SeedResult } from "./seed-record.ts";
import { compareStructure } from "./structure.ts";
import { textSimilarity } from "./text-similarity.ts";

export interface ComparedPair {
  readonly kind: PairRecord["kind"];
  readonly request: ComparedRequest;
  readonly primary: ArmAnswer;
  readonly shadow: ArmAnswer;
}

export function comparePair({ kind, request, primary, shadow }: ComparedPair): PairRecord {
  const comparable = primary.class === "ok" && shadow.class === "ok" && !request.truncated;
  return {
    kind,
    session: request.session,
    at: request.at,
    stratum: request.stratum,
    determinism: determinism(request),
    primary: measure(primary),
    shadow: measure(shadow),
    broken: brokenInvariants(primary, shadow, request),
    ...(comparable ? { comparison: compareAnswers(primary, shadow, request) } : {}),
    seed: seedRecord(asSeed(primary), asSeed(shadow), request.at / 1000),
  };
}

function compareAnswers(primary: ArmAnswer, shadow: ArmAnswer, request: ComparedRequest): Comparison {
  const [a, b] = [primary.choices[0], shadow.choices[0]];
  const [one, two] = [a?.text ?? "", b?.text ?? ""];
  const structure = compareStructure(primary, shadow, request);
  const tokens = a?.tokens !== undefined && b?.tokens !== undefined ? firstDivergence(a.tokens, b.tokens) : undefined;
  const severity =
    a !== undefined && b !== undefined && tokens?.diverged === true ? severityAt(a, b, tokens.index) : undefined;
  return {
    equal: primary.choices.every((choice, i) => choice.text === shadow.choices[i]?.text) && structure?.equal !== false,
    similarity: textSimilarity(one, two),
    endings: { primary: endingOf(primary), shadow: endingOf(shadow) },
    ...(tokens === undefined ? {} : { divergence: tokens }),
    ...(severity === undefined ? {} : { severity }),
    ...(structure === undefined ? {} : { structure }),
  };
}

function measure(answer: ArmAnswer): ArmMeasure {
  const { class: ending, ttftMs, totalMs, itlMs, promptTokens, outputTokens, cachedTokens } = answer;
  return {
    class: ending,
    ...defined({ ttftMs, totalMs, itlMs, promptTokens, outputTokens, cachedTokens }),
  };
}

function asSeed({ ttftMs, totalMs, outputTokens, choices }: ArmAnswer): SeedResult {
  return {
    text: choices[0]?.text ?? "",
    ...defined({ ttft_ms: ttftMs, total_ms: totalMs, output_tokens: outputTokens }),
  };
}

/** Without the members that are not known. */
function defined<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const known = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
