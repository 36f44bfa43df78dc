// JSON logs; what could hold a prompt or a key is cut out by name before a line is written.
import { type DestinationStream, type Logger, pino } from "pino";
import { logDestination } from "./log-destination.ts";

export type Log = Pick<Logger, "debug" | "info" | "warn" | "error">;

/** Field names that never reach a log line, at any depth of plain objects. */
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

const HIDDEN: ReadonlySet<string> = new Set(REDACTED);

type Fields = Record<string, unknown>;

/** pino's own redaction costs ten times as much, whether or not there is something to cut. */
function redacted(fields: Fields): Fields {
  let copy: Fields | undefined;
  for (const name in fields) {
    const value = HIDDEN.has(name) ? "[redacted]" : redactedInside(fields[name]);
    if (value !== fields[name]) (copy ??= { ...fields })[name] = value;
  }
  return copy ?? fields;
}

function redactedInside(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof Error) return value;
  return redacted(value as Fields);
}

export function createLog(options: { readonly level: string; readonly destination?: DestinationStream }): Logger {
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: redacted },
    },
    options.destination ?? standardError(),
  );
}

/** Standard output belongs to what a command prints. */
function standardError(): DestinationStream {
  const destination = logDestination(2);
  process.once("exit", () => destination.flush());
  return destination;
}

/** Says nothing. */
export const silentLog: Log = pino({ level: "silent" });
