// A span as a collector of the tests received it.

export type SpanValue = string | number | boolean | readonly string[];

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty = none. */
  readonly parentSpanId: string;
  readonly name: string;
  /** 1 internal, 2 server, 3 client. */
  readonly kind: number;
  /** Nanoseconds since 1970. */
  readonly start: bigint;
  readonly end: bigint;
  readonly attributes: Readonly<Record<string, SpanValue>>;
  readonly events: readonly string[];
  readonly error: boolean;
  readonly resource: Readonly<Record<string, SpanValue>>;
}
