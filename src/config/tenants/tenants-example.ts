// The Tenants file that `switchgear tenants example` prints; a test reads it as any other.

export const TENANTS_EXAMPLE = `apiVersion: llm-d.nvidia.com/v1
kind: Tenants
metadata:
  name: tenants
spec:
  # auto: requests without a key are served only while there is neither a tenant nor a key
  anonymous: auto
  prices:
    Qwen/Qwen3-0.6B: { inputPerMillion: 0.15, cachedPerMillion: 0.03, outputPerMillion: 0.60 }
  defaults:
    limits: { requestsPerMinute: 60, concurrentRequests: 8 }
  tenants:
    - name: search
      limits:
        requestsPerMinute: 1200
        inputTokensPerMinute: 2000000
        outputTokensPerMinute: 200000
        concurrentRequests: 64
        budgets:
          - { unit: money, per: month, amount: 500, mode: hard }
          - { unit: tokens, per: day, amount: 20000000, mode: soft }
      keyLimits: { requestsPerMinute: 600 }
    - name: batch
      limits:
        concurrentRequests: 16
        maxOutputTokens: 4096
        denyParameters: [logprobs, best_of]
`;
