// One line that tells how a load run goes; only on a terminal.
import type { RequestSample } from "../workload/index.ts";

export function benchProgress(samples: readonly RequestSample[], expected: number | undefined): { end(): void } {
  if (!process.stderr.isTTY) return { end: () => undefined };
  const timer = setInterval(() => {
    const failed = samples.filter((one) => one.outcome !== "ok").length;
    process.stderr.write(
      `\r\u001B[K${samples.length}${expected === undefined ? "" : ` of ${expected}`} answered, ${failed} failed`,
    );
  }, 500);
  return {
    end() {
      clearInterval(timer);
      process.stderr.write("\r\u001B[K");
    },
  };
}
