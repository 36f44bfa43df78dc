// The suite's HTTP client: whole answers as they came, open streams that can be left, nothing interpreted.
import { Agent, type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";

export interface Ask {
  readonly method?: string;
  readonly path: string;
  /** A string is sent as it stands, an object as JSON. */
  readonly body?: string | object | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly agent?: Agent | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** One connection a request: nothing of one case reaches the next. */
const FRESH = new Agent({ keepAlive: false });

function send(origin: string, ask: Ask): ClientRequest {
  const { path, body, headers = {}, agent = FRESH } = ask;
  const text = typeof body === "object" ? JSON.stringify(body) : body;
  const type = text === undefined ? {} : { "content-type": "application/json" };
  const length = text === undefined ? {} : { "content-length": String(Buffer.byteLength(text)) };
  const method = ask.method ?? (text === undefined ? "GET" : "POST");
  const sent = request(`${origin}${path}`, { method, agent, headers: { ...type, ...length, ...headers } });
  sent.end(text);
  return sent;
}

export function exchange(origin: string, ask: Ask): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = send(origin, ask);
    sent.on("error", reject);
    sent.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const { statusCode = 0, headers } = response;
        resolve({ status: statusCode, headers, body: Buffer.concat(chunks).toString() });
      });
    });
  });
}

export interface OpenAnswer {
  readonly status: Promise<number>;
  /** What has come so far. */
  readonly text: () => string;
  /** Resolves when `text` satisfies the condition; rejects when the answer ends before, or after the limit. */
  readonly until: (met: (text: string) => boolean, limitMs?: number) => Promise<void>;
  /** How it ended: `end`, `cut` (the connection broke), or `left`. */
  readonly ended: Promise<"end" | "cut" | "left">;
  readonly leave: () => void;
}

const LIMIT_MS = 20_000;

/** A request whose answer is watched while it comes. */
export function open(origin: string, ask: Ask): OpenAnswer {
  const sent = send(origin, ask);
  let text = "";
  let left = false;
  const watchers = new Set<() => void>();
  const notify = (): void => watchers.forEach((watch) => watch());
  const head = new Promise<IncomingMessage>((resolve, reject) => {
    sent.on("response", resolve);
    sent.on("error", reject);
  });
  const status = head.then((response) => response.statusCode ?? 0);
  status.catch(() => undefined);
  const ended = head
    .then(
      (response) =>
        new Promise<"end" | "cut">((resolve) => {
          response.setEncoding("utf8");
          response.on("data", (chunk: string) => {
            text += chunk;
            notify();
          });
          response.on("error", () => resolve("cut"));
          response.on("close", () => resolve(response.complete ? "end" : "cut"));
        }),
    )
    .catch(() => "cut" as const)
    .then((how) => (left ? "left" : how))
    .finally(notify);
  let over = false;
  void ended.then(() => (over = true));
  return {
    status,
    text: () => text,
    ended,
    until: (met, limitMs = LIMIT_MS) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => settle(new Error(`not within ${limitMs} ms; got ${text.slice(-300)}`)), limitMs);
        const settle = (error?: Error): void => {
          clearTimeout(timer);
          watchers.delete(look);
          if (error) reject(error);
          else resolve();
        };
        const look = (): void => {
          if (met(text)) settle();
          else if (over) settle(new Error(`the answer ended before; got ${text.slice(-300)}`));
        };
        watchers.add(look);
        void ended.then(() => look());
        look();
      }),
    leave: () => {
      left = true;
      sent.destroy();
    },
  };
}

/** Asks again until the condition holds. */
export async function eventually(what: string, check: () => Promise<boolean>, limitMs = 5000): Promise<void> {
  if (!(await within(limitMs, check))) throw new Error(`${what}: not within ${limitMs} ms`);
}

/** True once the condition holds, false when it does not in time. */
export async function within(limitMs: number, check: () => Promise<boolean>, pauseMs = 20): Promise<boolean> {
  const started = performance.now();
  for (;;) {
    if (await check()) return true;
    if (performance.now() - started > limitMs) return false;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
