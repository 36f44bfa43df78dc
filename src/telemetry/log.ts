// JSON logs; what could hold a prompt or a key is cut out by name before a line is written.
import { type DestinationStream, type Logger, pino } from "pino";

export type Log = Pick<Logger, "debug" | "info" | "warn" | "error">;

/** Field names that never reach a log line, at the top level or one below. */
export const REDACTED = [
  "authorization",
  "Authorization",
  "key",
  "apiKey",
  "token",
  "password",
  "cookie",
  "body",
  "messages",
  "prompt",
  "input",
  "content",
  "text",
] as const;

export function createLog(options: { readonly level: string; readonly destination?: DestinationStream }): Logger {
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: REDACTED.flatMap((name) => [name, `*.${name}`]), censor: "[redacted]" },
    },
    options.destination ?? pino.destination({ dest: 2, sync: false }),
  );
}

/** Says nothing. */
export const silentLog: Log = pino({ level: "silent" });
