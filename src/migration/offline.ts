// What the comparing thread needs of a migration, without its files and documents: two answers to a record, records to a verdict.
export type { ArmAnswer } from "./compare/answer.ts";
export { comparePair } from "./compare/compare-pair.ts";
export { type CrossScore, crossScore } from "./compare/cross-score.ts";
export type { PairRecord } from "./compare/pair-record.ts";
export { pairTexts } from "./compare/pair-texts.ts";
export { type AnswerBytes, readAnswer } from "./compare/read-answer.ts";
export { readScores, scoreRequest } from "./compare/score-request.ts";
export { judgePairs } from "./verdict/judge-pairs.ts";
