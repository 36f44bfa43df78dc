// The limits that a Tenants file may set, alike for tenants, their keys and their models.
import * as z from "zod";

const MAX_COUNT = 1_000_000_000_000;
const count = z.int().min(0).max(MAX_COUNT);

const budgetShape = z.strictObject({
  unit: z.enum(["tokens", "money"]).describe("Tokens: input and output. Money: by `spec.prices`."),
  per: z.enum(["day", "month"]).describe("Calendar day or month, UTC."),
  amount: z
    .number()
    .gt(0)
    .max(MAX_COUNT)
    .describe(
      "Tokens, or money in the unit of the prices; of money at most 9,000,000, which is counted in billionths.",
    ),
  mode: z
    .enum(["soft", "hard"])
    .default("hard")
    .describe("Hard: requests beyond it are refused with 429. Soft: they are served, and marked by a header."),
});

export const limitsShape = z.strictObject({
  requestsPerMinute: count.optional().describe("Requests in any 60 seconds."),
  inputTokensPerMinute: count.optional().describe("Prompt tokens in any 60 seconds."),
  outputTokensPerMinute: count.optional().describe("Generated tokens in any 60 seconds; streams count as they run."),
  concurrentRequests: z.int().min(0).max(1_000_000).optional().describe("Requests inside at once."),
  maxContextTokens: z.int().min(1).max(100_000_000).optional().describe("Prompt and asked output together."),
  maxOutputTokens: z
    .int()
    .min(1)
    .max(100_000_000)
    .optional()
    .describe("A request that asks for more is refused; one that does not say gets this as its limit."),
  models: z.array(z.string().min(1).max(256)).max(1000).optional().describe("Served names; all when absent."),
  denyParameters: z
    .array(z.string().min(1).max(128))
    .max(200)
    .optional()
    .describe("Body fields that are refused with 400, such as `logprobs`."),
  budgets: z.array(budgetShape).max(8).optional().describe("Sums over calendar time."),
});
