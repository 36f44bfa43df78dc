// What a request costs, in billionths of the money unit, so that sums stay exact.
import type { TenantPrice } from "../../config/index.ts";

export const NANO = 1_000_000_000;

export interface TokenCounts {
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
}

/** Price per million tokens × 1000 = billionths per token. Rounded up: never in favour of who asks. */
export function costOf(
  price: TenantPrice | undefined,
  { inputTokens, cachedTokens, outputTokens }: TokenCounts,
): number {
  if (price === undefined) return 0;
  const { inputPerMillion, cachedPerMillion = inputPerMillion, outputPerMillion } = price;
  const cached = Math.min(cachedTokens, inputTokens);
  const fresh = inputTokens - cached;
  const exact = (fresh * inputPerMillion + cached * cachedPerMillion + outputTokens * outputPerMillion) * 1000;
  // Float noise such as 150.00000000000003 is no reason to round up.
  return Math.min(Math.ceil(exact - 1e-6), Number.MAX_SAFE_INTEGER);
}
