// Calls etcd's JSON gateway over HTTP: one member after the other within a bound time, with TLS and a token.
import { Agent, type Dispatcher, request } from "undici";
import { SwitchgearError, toError } from "../../core/index.ts";
import { etcdRefusal, isFromMember, isTokenGone, readJson } from "./etcd-answer.ts";
import type { EtcdOptions } from "./etcd-options.ts";

export type Json = Readonly<Record<string, unknown>>;

export interface EtcdTransport {
  /** Throws SWG_ETCD_UNREACHABLE when no member answers in time, SWG_ETCD_REFUSED when one says no. */
  call(path: string, body: Json, limitMs?: number): Promise<Json>;
  /** One member's answer without an end, until `signal`; `origin` is asked first. Throws as `call`. */
  open(path: string, body: Json, signal: AbortSignal): Promise<OpenAnswer>;
  /** The same member only: is it part of a working cluster? */
  callAt(origin: string, path: string, body: Json): Promise<Json>;
  close(): Promise<void>;
}

export interface OpenAnswer {
  readonly origin: string;
  readonly body: AsyncIterable<Uint8Array>;
}

const LIMIT_MS = 3000;
/** A member that is cut off must leave time to ask the others. */
const MEMBER_LIMIT_MS = 1000;
const ANSWER_LIMIT = 64 << 20;

export function etcdTransport({ endpoints, tls, user, limitMs = LIMIT_MS }: EtcdOptions): EtcdTransport {
  const dispatcher = new Agent({
    connections: 8,
    pipelining: 1,
    connect: { timeout: MEMBER_LIMIT_MS, ...connectOptions(tls) },
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  /** The member that answered last. */
  let preferred = 0;
  let token: string | undefined;

  async function post(origin: string, path: string, asked: Asked): Promise<Dispatcher.ResponseData> {
    if (user !== undefined && token === undefined && path !== AUTHENTICATE) await login(origin, asked.signal);
    const headers = { "content-type": "application/json", ...(token !== undefined && { authorization: token }) };
    const body = JSON.stringify(asked.body);
    const answer = await request(origin + path, { method: "POST", dispatcher, headers, body, signal: asked.signal });
    if (answer.statusCode === 200) return answer;
    const refusal = etcdRefusal(origin, answer.statusCode, await readJson(answer.body, ANSWER_LIMIT));
    throw refusal;
  }

  async function login(origin: string, signal: AbortSignal): Promise<void> {
    const body = { name: user?.name, password: user?.password };
    const answer = await readJson((await post(origin, AUTHENTICATE, { body, signal })).body, ANSWER_LIMIT);
    token = typeof answer["token"] === "string" ? answer["token"] : undefined;
  }

  /** A token ends by itself, or with the member that gave it: asked for once more. */
  async function withToken<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      if (user === undefined || !isTokenGone(error)) throw error;
      token = undefined;
      return run();
    }
  }

  async function callAt(origin: string, path: string, body: Json, ms = MEMBER_LIMIT_MS): Promise<Json> {
    const signal = AbortSignal.timeout(ms);
    return withToken(async () => readJson((await post(origin, path, { body, signal })).body, ANSWER_LIMIT));
  }

  /** The members in turn, from the one that answered last, until one answers or the time is over. */
  async function inTurn<T>(untilMs: number, ask: (origin: string, leftMs: number) => Promise<T>): Promise<T> {
    let last: unknown;
    for (let i = 0; i < endpoints.length; i++) {
      const left = untilMs - performance.now();
      if (left <= 0) break;
      const at = (preferred + i) % endpoints.length;
      try {
        const answer = await ask(endpoints[at] ?? "", Math.ceil(Math.min(left, MEMBER_LIMIT_MS)));
        preferred = at;
        return answer;
      } catch (error) {
        if (isFromMember(error)) throw error;
        last = error;
      }
    }
    // The next call begins with another member: this one's may be the slow one.
    preferred = (preferred + 1) % endpoints.length;
    throw new SwitchgearError("SWG_ETCD_UNREACHABLE", `no etcd member answers: ${toError(last).message}`, {
      where: endpoints.join(", "),
      expected: "a member that answers in time",
      cause: last,
    });
  }

  return {
    call: (path, body, ms = limitMs) =>
      inTurn(performance.now() + ms, (origin, left) => callAt(origin, path, body, left)),
    callAt: (origin, path, body) => callAt(origin, path, body),
    open: (path, body, signal) =>
      inTurn(performance.now() + limitMs, async (origin, left) => {
        const giveUp = new AbortController();
        const timer = setTimeout(() => giveUp.abort(), left);
        try {
          const all = AbortSignal.any([signal, giveUp.signal]);
          return { origin, body: (await withToken(() => post(origin, path, { body, signal: all }))).body };
        } finally {
          clearTimeout(timer);
        }
      }),
    close: () => dispatcher.destroy(),
  };
}

const AUTHENTICATE = "/v3/auth/authenticate";

interface Asked {
  readonly body: Json;
  readonly signal: AbortSignal;
}

function connectOptions(tls: EtcdOptions["tls"]): Record<string, unknown> {
  if (tls === undefined) return {};
  const { ca, cert, key, serverName } = tls;
  return {
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(serverName && { servername: serverName }),
  };
}
