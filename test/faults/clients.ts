// Clients that ask one question after the other, read each answer to its end, and judge it; a few leave before.
import { Agent, request } from "node:http";
import { type Random, seededRandom } from "../../src/core/index.ts";
import { type Got, judge, type Judged, type Verdict } from "./judge.ts";
import type { Question } from "./questions.ts";

export interface ClientsSetting {
  readonly seed: number;
  readonly count: number;
  readonly url: string;
  readonly questions: readonly Question[];
  /** Whether the wire to a worker altered bytes at some time since then. */
  readonly corruptSince: (time: number) => boolean;
}

export interface Clients {
  readonly asked: number;
  readonly verdicts: Readonly<Record<Verdict | "left", number>>;
  /** By status and message. */
  readonly refusals: Readonly<Record<string, number>>;
  /** The first of those that broke a promise, a line each. */
  readonly wrongs: readonly string[];
  /** No new questions; resolves when all are answered. */
  stop(): Promise<void>;
}

/** Beyond all limits of the gateway: a request that has not ended by then never will. */
const NEVER_MS = 40_000;
const LEAVES = 0.03;
const SHOWN = 20;

export function startClients({ seed, count: clients, url, questions, corruptSince }: ClientsSetting): Clients {
  const verdicts = { exact: 0, refused: 0, ended: 0, cut: 0, corrupt: 0, lost: 0, wrong: 0, left: 0 };
  const refusals: Record<string, number> = {};
  const wrongs: string[] = [];
  const kept = new Agent({ keepAlive: true });
  let [asked, stopping] = [0, false];

  async function client(nth: number): Promise<void> {
    const random = seededRandom(`client ${seed} ${nth}`);
    while (!stopping) {
      const question = questions[Math.floor(random.next() * questions.length)];
      if (question === undefined) throw new Error("no questions");
      asked += 1;
      const since = performance.now();
      const got = await ask({ url, question, random, agent: kept });
      count(got === "left" ? { verdict: "left" } : judge(got, question, corruptSince(since)), question, got);
    }
  }

  function count(
    { verdict, why }: Judged | { verdict: "left"; why?: string },
    { path }: Question,
    got: Got | "left",
  ): void {
    verdicts[verdict] += 1;
    if (verdict === "refused" && got !== "left") {
      const named = refusalName(got);
      refusals[named] = (refusals[named] ?? 0) + 1;
    }
    const about = got === "left" ? "" : `${got.stream ? "stream" : "unary"} ${path}`;
    if ((verdict === "wrong" || verdict === "lost") && wrongs.length < SHOWN) wrongs.push(`${about}: ${why}`);
  }

  const all = Array.from({ length: clients }, (_, nth) => client(nth));
  return {
    get asked() {
      return asked;
    },
    verdicts,
    refusals,
    wrongs,
    async stop() {
      stopping = true;
      await Promise.all(all);
      kept.destroy();
    },
  };
}

function refusalName({ status, body }: Got): string {
  const message = /"message":\s*"((?:[^"\\]|\\.)*)"/.exec(body)?.[1] ?? "";
  return `${status} ${message.replace(/`.*`/, "…")}`;
}

interface Asked {
  readonly url: string;
  readonly question: Question;
  readonly random: Random;
  readonly agent: Agent;
}

function ask({ url, question, random, agent }: Asked): Promise<Got | "left"> {
  const stream = random.next() < 0.7;
  const usage = stream && random.next() < 0.5;
  const more = { ...(stream && { stream: true }), ...(usage && { stream_options: { include_usage: true } }) };
  const leavesAfter = random.next() < LEAVES ? random.next() * 300 : undefined;
  return new Promise((resolve) => {
    let [body, status, complete] = ["", 0, false];
    const give = (got: Got | "left"): void => {
      clearTimeout(never);
      clearTimeout(leaves);
      resolve(got);
    };
    const sent = request(`${url}${question.path}`, {
      method: "POST",
      agent,
      headers: { "content-type": "application/json" },
    });
    const never = setTimeout(() => {
      give({ status: 0, body: "never ended", complete: false, stream, usage });
      sent.destroy();
    }, NEVER_MS);
    const leaves = setTimeout(() => {
      give("left");
      sent.destroy();
    }, leavesAfter ?? NEVER_MS);
    sent.on("response", (response) => {
      status = response.statusCode ?? 0;
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => void (body += chunk));
      response.on("end", () => void (complete = response.complete));
      response.on("error", () => undefined);
      response.on("close", () => give({ status, body, complete, stream, usage }));
    });
    sent.on("error", (error) => give({ status, body: body || String(error), complete, stream, usage }));
    sent.end(JSON.stringify({ ...question.body, ...more }));
  });
}
