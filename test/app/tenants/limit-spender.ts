// A gateway's limits without its front: asks as fast as it may for some time, and prints how many were granted.
import { quotas } from "../../../src/admission/index.ts";
import { sharedLimits } from "../../../src/app/tenants/shared-limits.ts";
import { noTenants } from "../../../src/config/index.ts";
import { realClock } from "../../../src/core/index.ts";
import { openStore } from "../../../src/state/index.ts";
import { silentLog } from "../../../src/telemetry/index.ts";

const [, , url = "", limit = "", ms = ""] = process.argv;
// One minute that does not end while the test runs.
const clock = { ...realClock, epoch: () => Date.UTC(2026, 10, 15, 12) };
const store = await openStore("", url);
const share = sharedLimits({ store, clock, log: silentLog, whenDown: "closed" });
const none = noTenants();
const config = { ...none, defaults: { ...none.defaults, limits: { requestsPerMinute: Number(limit) } } };
const all = quotas({ config, clock, share });
const end = performance.now() + Number(ms);
let granted = 0;
while (performance.now() < end) {
  const answer = all.admit({ tenant: "a", keyId: undefined, model: "m", inputTokens: 1, outputTokens: 1 });
  if ("settle" in answer) {
    granted += 1;
    answer.settle({ inputTokens: 1, cachedTokens: 0, outputTokens: 1 });
  }
  await new Promise((next) => void setTimeout(next, 2));
}
await share.close();
await store.close();
process.stdout.write(String(granted));
