// Many connections of one kind, held open: streams that run, or clients that have asked once and wait. A helper process.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { HttpMessages } from "../lib/http-messages.ts";
import { answerQuestions } from "../lib/helper-process.ts";

export type CrowdQuestion =
  /** Opens `count` connections, `perSecond` at a time, each of which sends `request`; answers when all have their answer's head. */
  | {
      readonly kind: "open";
      readonly port: number;
      readonly count: number;
      readonly perSecond: number;
      readonly request: string;
    }
  /** All send `request` again; answers when all have an answer or are closed. */
  | { readonly kind: "again"; readonly request: string }
  | { readonly kind: "look" }
  | { readonly kind: "leave" };

export interface CrowdState {
  /** Connections that are open and had nothing but answers with status 200. */
  readonly good: number;
  readonly closed: number;
  readonly wrong: number;
  /** Events of all streams so far. */
  readonly events: number;
}

interface Member {
  readonly socket: Socket;
  heads: number;
  ends: number;
  wrong: boolean;
}

const LIMIT_MS = 60_000;
const BATCH_MS = 20;
const LF = 10;

let members: Member[] = [];
let events = 0;

answerQuestions(answer);

async function answer(question: CrowdQuestion): Promise<CrowdState> {
  if (question.kind === "open") await open(question);
  else if (question.kind === "again") await again(question.request);
  else if (question.kind === "leave") await leave();
  return state();
}

async function open({ port, count, perSecond, request }: CrowdQuestion & { kind: "open" }): Promise<void> {
  const batch = Math.max(1, Math.round((perSecond * BATCH_MS) / 1000));
  const started = performance.now();
  for (let made = 0; made < count; made += batch) {
    for (let i = made; i < Math.min(count, made + batch); i++) members.push(join(port, request));
    const wait = started + (made / perSecond) * 1000 - performance.now();
    await new Promise((resolve) => void setTimeout(resolve, Math.max(1, wait)));
  }
  await until(() => members.every((one) => one.heads > 0 || one.socket.destroyed));
}

async function again(request: string): Promise<void> {
  const ends = members.map((one) => one.ends);
  for (const { socket } of members) if (!socket.destroyed) socket.write(request, "latin1");
  await until(() => members.every((one, i) => one.socket.destroyed || one.ends > (ends[i] ?? 0)));
}

async function leave(): Promise<void> {
  const open = members.filter(({ socket }) => !socket.destroyed);
  const gone = open.map(({ socket }) => once(socket, "close"));
  for (const { socket } of open) socket.destroy();
  await Promise.all(gone);
  members = [];
}

function join(port: number, request: string): Member {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  const member: Member = { socket, heads: 0, ends: 0, wrong: false };
  const messages = new HttpMessages({
    onHead(head) {
      member.heads += 1;
      if (head.slice(9, 12) !== "200") member.wrong = true;
    },
    onBody(bytes) {
      // An event ends with an empty line; a chunk here holds whole events.
      if (bytes.at(-1) === LF && bytes.at(-2) === LF) events += 1;
    },
    onEnd: () => void (member.ends += 1),
  });
  socket.on("data", (bytes: Buffer) => messages.push(bytes));
  socket.on("error", () => socket.destroy());
  socket.on("connect", () => socket.write(request, "latin1"));
  return member;
}

async function until(done: () => boolean): Promise<void> {
  const end = performance.now() + LIMIT_MS;
  while (!done() && performance.now() < end) await new Promise((resolve) => void setTimeout(resolve, 50));
}

function state(): CrowdState {
  const closed = members.filter(({ socket }) => socket.destroyed).length;
  const wrong = members.filter((one) => one.wrong || (!one.socket.destroyed && one.heads === 0)).length;
  const good = members.filter((one) => !one.wrong && !one.socket.destroyed && one.heads > 0).length;
  return { good, closed, wrong, events };
}
