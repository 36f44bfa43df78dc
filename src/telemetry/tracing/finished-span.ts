// One span of a request that has ended, in our own terms; the OpenTelemetry SDK sees it only behind the sink.

export type AttributeValue = string | number | boolean | readonly string[];

/** Names with an undefined value are left out. */
export type Attributes = Readonly<Record<string, AttributeValue | undefined>>;

export interface SpanEvent {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly attributes: Attributes;
}

export interface FinishedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  /** The parent is a span of the client. */
  readonly remoteParent: boolean;
  readonly name: string;
  readonly kind: "server" | "client" | "internal";
  /** Milliseconds since 1970. */
  readonly start: number;
  readonly end: number;
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
  /** `error.type`; undefined = no error. */
  readonly errorType: string | undefined;
}
