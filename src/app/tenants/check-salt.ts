// Does a worker keep salts apart? Three short prompts show it: cold, warm with the same salt, cold again with another one.

/** works: as promised · shared: another salt found the blocks · refused: it takes no salt · unknown: its usage says nothing of its cache. */
export type SaltVerdict = "works" | "shared" | "refused" | "unknown";

export interface SaltAnswer {
  readonly status: number;
  /** Of its usage; undefined when that says nothing of the cache. */
  readonly cachedTokens: number | undefined;
}

/** Undefined when the worker did not answer. */
export type Ask = (body: Readonly<Record<string, unknown>>) => Promise<SaltAnswer | undefined>;

/** Several blocks of any usual size, and within a context of 1024 tokens though each digit and each space may be one. */
const WORDS = 250;
/** vLLM caches a block when the step that filled it ends; the answer may be faster. */
const TRIES = 3;

/** `nonce` is new each time, so that no earlier check has warmed anything. Undefined: ask again later. */
export async function checkSalt(ask: Ask, model: string, nonce: string): Promise<SaltVerdict | undefined> {
  const prompt = [nonce, ...Array.from({ length: WORDS }, (_, i) => i)].join(" ");
  const plain = { model, prompt, max_tokens: 1, temperature: 0 };
  const salted = (which: string) => ask({ ...plain, cache_salt: `check-${which}-${nonce}` });
  const first = await salted("a");
  if (first === undefined || first.status >= 500 || first.status === 429) return undefined;
  if (first.status >= 400) return (await ask(plain))?.status === 200 ? "refused" : "unknown";
  let warm: SaltAnswer | undefined;
  for (let i = 0; i < TRIES && (warm?.cachedTokens ?? 0) === 0; i++) warm = await salted("a");
  if (warm === undefined) return undefined;
  if (!warm.cachedTokens) return "unknown";
  const other = await salted("b");
  if (other?.cachedTokens === undefined) return undefined;
  return other.cachedTokens === 0 ? "works" : "shared";
}
