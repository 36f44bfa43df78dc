// Asks one arm over HTTP, within the probe's limits; the only file of the probe that does I/O.
import { type Clock, urlParts } from "../../core/index.ts";
import { digString, parseJson } from "./dig.ts";

export interface ProbeArm {
  /** With or without a base path; a trailing `/v1` is taken off. */
  readonly url: string;
  /** Sent with each request, for example `authorization`. Never shown. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Has the arm's TLS settings; default: the one of the probe. */
  readonly fetch?: typeof fetch;
  /** `/metrics` pages of the arm's workers; default: its own. */
  readonly metricsUrls?: readonly string[];
}

/** Shared by both arms: what may still be asked. */
export interface ProbeBudget {
  requests: number;
  readonly maxRequests: number;
  /** `clock.now()` at which the probe gives up. */
  readonly deadline: number;
  readonly requestTimeoutMs: number;
}

export class BudgetSpent extends Error {
  override readonly name = "BudgetSpent";
}

export interface Reply {
  /** 0 = no answer; `text` says why. */
  readonly status: number;
  readonly text: string;
  readonly json: unknown;
  readonly server: string | undefined;
  /** Names of all headers, lower case. */
  readonly headers: readonly string[];
}

export interface StreamReply extends Reply {
  readonly events: readonly unknown[];
  readonly done: boolean;
}

export interface Ask {
  readonly method?: "GET" | "POST";
  /** The model's name is put in when it has none. */
  readonly body?: Readonly<Record<string, unknown>>;
  /** Sent instead of `body`. */
  readonly raw?: string;
  readonly withoutKey?: boolean;
}

export interface ArmClient {
  readonly side: "legacy" | "candidate";
  readonly url: string;
  model: string;
  ask(path: string, ask?: Ask): Promise<Reply>;
  stream(path: string, body: Readonly<Record<string, unknown>>): Promise<StreamReply>;
  /** Opens a stream, and leaves it once `seen` has returned. */
  leave(path: string, body: Readonly<Record<string, unknown>>, seen: () => Promise<void>): Promise<Reply>;
  /** All pages one after the other; undefined when one cannot be read. */
  metrics(): Promise<string | undefined>;
}

export interface ArmClientOptions {
  readonly side: ArmClient["side"];
  readonly arm: ProbeArm;
  readonly fetch: typeof fetch;
  readonly budget: ProbeBudget;
  readonly clock: Clock;
}

const MAX_CHARACTERS = 4_194_304;

export function armClient({ side, arm, fetch: common, budget, clock }: ArmClientOptions): ArmClient {
  const { url: base, headers: credentials } = urlParts(arm.url);
  const url = base.replace(/\/+$/, "").replace(/\/v1$/, "");
  const headers = { ...credentials, ...arm.headers };
  const send = arm.fetch ?? common;
  const secrets = Object.values(headers).flatMap((value) => [value, value.replace(/^(Bearer|Basic)\s+/i, "")]);

  function open(address: string, { method, body, raw, withoutKey }: Ask, stop?: AbortSignal): Promise<Response> {
    if (budget.requests >= budget.maxRequests || clock.now() >= budget.deadline) throw new BudgetSpent();
    budget.requests++;
    const text = raw ?? (body === undefined ? undefined : JSON.stringify({ model: client.model, ...body }));
    const limit = AbortSignal.timeout(
      Math.max(1, Math.ceil(Math.min(budget.requestTimeoutMs, budget.deadline - clock.now()))),
    );
    // Pages of workers may have credentials of their own.
    const { url: target, headers: own } = urlParts(address);
    return send(target, {
      method: method ?? (text === undefined ? "GET" : "POST"),
      headers: {
        ...(text === undefined ? {} : { "content-type": "application/json" }),
        ...(withoutKey === true ? {} : { ...headers, ...own }),
      },
      signal: stop === undefined ? limit : AbortSignal.any([stop, limit]),
      redirect: "manual",
      ...(text === undefined ? {} : { body: text }),
    });
  }

  async function read(address: string, asked: Ask): Promise<Reply> {
    try {
      const response = await open(address, asked);
      const text = await textOf(response, secrets);
      return { ...headOf(response), text, json: parseJson(text) };
    } catch (thrown) {
      return unanswered(thrown, secrets);
    }
  }

  const client: ArmClient = {
    side,
    url: new URL(url).href.replace(/\/$/, ""),
    model: "",
    ask: (path, asked = {}) => read(url + path, asked),
    async stream(path, body) {
      const reply = await read(url + path, { body: { ...body, stream: true } });
      const lines = dataLines(reply.text);
      return { ...reply, events: lines.filter((one) => one !== DONE).map(parseJson), done: lines.at(-1) === DONE };
    },
    async leave(path, body, seen) {
      const stop = new AbortController();
      try {
        const response = await open(url + path, { body: { ...body, stream: true } }, stop.signal);
        await response.body?.getReader().read();
        await seen();
        return { ...headOf(response), text: "", json: undefined };
      } catch (thrown) {
        return unanswered(thrown, secrets);
      } finally {
        stop.abort();
      }
    },
    async metrics() {
      const replies = await Promise.all((arm.metricsUrls ?? [`${url}/metrics`]).map((one) => read(one, {})));
      return replies.every(({ status }) => status === 200) ? replies.map(({ text }) => text).join("\n") : undefined;
    },
  };
  return client;
}

const DONE = "[DONE]";

function dataLines(text: string): readonly string[] {
  return text
    .split(/\r?\n/)
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice(5).trim());
}

function headOf(response: Response): Pick<Reply, "status" | "server" | "headers"> {
  return {
    status: response.status,
    server: response.headers.get("server") ?? undefined,
    headers: [...response.headers.keys()],
  };
}

async function textOf(response: Response, secrets: readonly string[]): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return "";
  const decoder = new TextDecoder();
  let text = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    text += decoder.decode(part.value, { stream: true });
    if (text.length <= MAX_CHARACTERS) continue;
    await reader.cancel();
    throw new Error(`the answer is longer than ${MAX_CHARACTERS} characters`);
  }
  return withoutSecrets(text + decoder.decode(), secrets);
}

function unanswered(thrown: unknown, secrets: readonly string[]): Reply {
  if (thrown instanceof BudgetSpent) throw thrown;
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  const why = cause instanceof Error ? cause.message || cause.name : String(cause);
  return { status: 0, text: withoutSecrets(why, secrets), json: undefined, server: undefined, headers: [] };
}

/** A server may echo the key in an error. */
function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((left, one) => (one.length < 4 ? left : left.replaceAll(one, "***")), text);
}

/** Status and, for an error, its message: what evidence quotes. */
export function brief({ status, json, text }: Reply): string {
  if (status === 0) return `no answer (${text.slice(0, 120)})`;
  if (status < 400) return String(status);
  const message = digString(json, "error", "message") ?? digString(json, "message") ?? text;
  return `${status} "${message.replaceAll(/\s+/g, " ").slice(0, 120)}"`;
}
