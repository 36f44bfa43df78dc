// Tells people by webhook: bounded in number and time, never waited for, its failures only logged.
import { request } from "undici";
import { type NotifyConfig, readSecret } from "../../config/index.ts";
import { toError } from "../../core/index.ts";
import type { NotifyKind } from "../../migration/index.ts";
import type { Log } from "../../telemetry/index.ts";

export interface Notice {
  readonly plan: string;
  readonly kind: NotifyKind;
  readonly text: string;
  readonly at: number;
  readonly phase: string;
  readonly weight: number;
  readonly version: number;
}

export interface Notifier {
  tell(notice: Notice): void;
}

/** Posts on their way at once; more are dropped, and the log says so. */
const MAX_RUNNING = 20;
const LIMIT_MS = 5000;

export function notifier(targets: readonly NotifyConfig[], log: Log): Notifier {
  let running = 0;

  async function post({ url, form }: NotifyConfig, notice: Notice): Promise<void> {
    running += 1;
    try {
      const answer = await request(readSecret(url).reveal(), {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(form === "slack" ? slack(notice) : notice),
        signal: AbortSignal.timeout(LIMIT_MS),
      });
      await answer.body.dump();
      if (answer.statusCode >= 400) log.warn({ kind: notice.kind, status: answer.statusCode }, "webhook refused");
    } catch (error) {
      log.warn({ kind: notice.kind, error: toError(error).name }, "webhook failed");
    } finally {
      running -= 1;
    }
  }

  return {
    tell(notice) {
      for (const one of targets) {
        if (running < MAX_RUNNING) void post(one, notice);
        else log.warn({ kind: notice.kind }, "webhook dropped");
      }
    },
  };
}

function slack({ plan, text, weight }: Notice): object {
  return { text: `*Switchgear migration ${plan}* (${Number((weight * 100).toPrecision(6))} %): ${text}` };
}
