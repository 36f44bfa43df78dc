// GET of a page with a limit on time and size; a clear error when it is not there.
import { SwitchgearError, urlParts } from "../core/index.ts";

export interface FetchOptions {
  readonly timeoutMs: number;
  readonly headers?: Readonly<Record<string, string>>;
}

const MAX_BYTES = 67_108_864;

export async function fetchText(url: string, { timeoutMs, headers = {} }: FetchOptions): Promise<string> {
  const { url: where, headers: credentials } = partsOf(url);
  let response: Response;
  try {
    response = await fetch(where, {
      headers: { ...credentials, ...headers },
      signal: AbortSignal.timeout(timeoutMs),
      redirect: "follow",
    });
  } catch (cause) {
    throw new SwitchgearError("SWG_METRICS_UNUSABLE", "the page cannot be fetched", {
      where,
      cause,
      hint: reason(cause),
    });
  }
  const text = await response.text();
  if (!response.ok) {
    const expected = "status 200";
    throw new SwitchgearError("SWG_METRICS_UNUSABLE", `the server answers ${response.status}`, { where, expected });
  }
  if (text.length > MAX_BYTES) throw new SwitchgearError("SWG_METRICS_UNUSABLE", "the page is too long", { where });
  return text;
}

function reason(thrown: unknown): string {
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  return cause instanceof Error ? cause.message || cause.name : String(cause);
}

/** Without credentials. */
export function shownUrl(url: string): string {
  return new URL(partsOf(url).url).href;
}

function partsOf(url: string): ReturnType<typeof urlParts> {
  try {
    return urlParts(url);
  } catch {
    // What it is instead is not quoted: a misspelt address may hold a password all the same.
    const value = url.includes("@") ? undefined : { value: url };
    throw new SwitchgearError("SWG_USAGE", "no HTTP address", { ...value, expected: "http://HOST:PORT/metrics" });
  }
}
