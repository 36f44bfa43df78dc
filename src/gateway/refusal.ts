// What the gateway itself answers when it cannot serve: in OpenAI's shape or Anthropic's, with vLLM's type names.

export interface Refusal {
  readonly status: number;
  readonly type: string;
  readonly message: string;
  readonly param: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** In place of the status in the body: a word that clients' libraries know. */
  readonly code?: string;
}

const TYPES: Readonly<Record<number, string>> = {
  400: "BadRequestError",
  404: "NotFoundError",
  405: "MethodNotAllowedError",
  408: "RequestTimeoutError",
  413: "RequestTooLargeError",
  415: "UnsupportedMediaTypeError",
  417: "ExpectationFailedError",
  431: "RequestTooLargeError",
  502: "BadGatewayError",
  503: "ServiceUnavailableError",
  504: "GatewayTimeoutError",
};

export function refusal(
  status: number,
  message: string,
  more: { readonly param?: string; readonly headers?: Readonly<Record<string, string>> } = {},
): Refusal {
  const type = TYPES[status] ?? (status < 500 ? "BadRequestError" : "InternalServerError");
  return { status, type, message, param: more.param ?? null, headers: more.headers ?? {} };
}

/** On the messages routes vLLM tells faults of a body's shape as OpenAI does, all others as Anthropic does. */
export function refusalBody({ message, type, param, status, code }: Refusal, route = ""): string {
  if (route.startsWith("/v1/messages") && (status === 404 || status >= 500))
    return JSON.stringify({ type: "error", error: { type, message } });
  return JSON.stringify({ error: { message, type, param, code: code ?? status } });
}

export const RETRY_AFTER = { "retry-after": "1" } as const;

/** As vLLM words it. */
export function unknownModel(name: string): Refusal {
  return refusal(404, `The model \`${clipped(name)}\` does not exist.`, { param: "model" });
}

/** A client's own text, short enough to be repeated to it. */
export function clipped(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}
