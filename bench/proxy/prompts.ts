// Chat bodies of a given size: sessions whose first four fifths are always the same, or wholly unique prose.
import { type Random, seededRandom } from "../../src/core/index.ts";

export interface PromptShape {
  /** Bytes of the whole body. */
  readonly bytes: number;
  /** Nothing of it was seen before. */
  readonly unique: boolean;
  readonly stream: boolean;
  /** Its stream is one that the gateway would continue: token ids are asked for and taken out. */
  readonly continued?: boolean;
}

export interface PromptSource {
  next(): Buffer;
}

export const MODEL = "mock";

/** Share of the prompt that a session's earlier requests contained as well: more than the 75 % that the target speaks of. */
const SEEN_SHARE = 0.8;
const SESSIONS = 64;

/** `salt` makes the unique parts differ between runs; the sessions are the same in all of them. */
export function promptSource({ bytes, unique, stream, continued = false }: PromptShape, salt: string): PromptSource {
  const head = `{"model":"${MODEL}","messages":[{"role":"user","content":"`;
  const tail = `"}],"max_tokens":100,"temperature":${continued ? 0 : 1}${stream ? ',"stream":true' : ""}}`;
  const room = Math.max(16, bytes - head.length - tail.length);
  const seen = unique ? 0 : Math.floor(room * SEEN_SHARE);
  const sessions = Array.from({ length: SESSIONS }, (_, i) => head + prose(seen, seededRandom(`session ${i} ${room}`)));
  const random = seededRandom(salt);
  let turn = 0;
  return {
    next: () => Buffer.from((sessions[turn++ % SESSIONS] ?? head) + prose(room - seen, random) + tail, "latin1"),
  };
}

function prose(length: number, random: Random): string {
  let text = "";
  for (let n = 1; text.length < length; n++) {
    const word = WORDS[random.int(WORDS.length)] ?? "";
    text += n % 14 === 0 ? `${word}. ` : `${word} `;
  }
  return text.slice(0, length);
}

/** Of the length and spread of ordinary English; tokenizers split the longer ones. */
const WORDS =
  "the of and to in is that for it as was with be by on not he his but at are this have from or had an they which one you were all her she there would their we him been has when who will no more if out so up said what its about than into them can only other time new some could these two may first then do any like my now over such our man me even most made after also did many off before must well back through years where much your way down should because long each just state those people too mister how little good world make very year still see own work men day get here old between both life being under three never know same last another while us might great go come since against right came take used himself few house american use place during high without again home around small however found missus thought went say part once general upon school every don does got united left number course war until always away something fact though water less public put thing almost hand enough far took head yet government system set better told nothing night end why called didn eyes find going look asked later knew point next program city business give group toward young days let room president side social given present several order national possible rather second face per among form important often things looked early white case john become large big need four within felt along children saw best church ever least power development light thing seemed family interest want members mind country area others done turned although open god service problem certain kind different began thus door help sense means whole matter gateway scheduler tokenizer throughput quantisation retrieval parameter asynchronous hypothesis infrastructure probability configuration measurement latency percentile".split(
    " ",
  );
