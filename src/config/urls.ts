// Addresses in a deployment file: what is accepted, and what of them may be shown.

export const zmqAddress = /^tcp:\/\/(\*|[\w.-]+|\[[\da-fA-F:]+\]):\d{1,5}$/;

/** Why `text` is no worker's address; undefined when it is one. */
export function endpointProblem(text: string): string | undefined {
  const url = httpUrl(text);
  if (!url) return "is no HTTP address";
  if (url.username || url.password) return "holds credentials; use keyFrom";
  if (url.search || url.hash || /[?#]/.test(text)) return "has a query or a fragment";
  if (/\/v1\/*$/.test(url.pathname)) return "ends with /v1, which every request brings along";
  return undefined;
}

/** The same for the address of a collector of traces. */
export function collectorProblem(text: string): string | undefined {
  const url = httpUrl(text);
  if (!url) return "is no HTTP address";
  if (url.username || url.password) return "holds credentials; use the variable OTEL_EXPORTER_OTLP_HEADERS";
  if (url.search || url.hash) return "has a query or a fragment";
  return undefined;
}

/** By the port that OpenTelemetry gives to OTLP over HTTP. */
export function protocolOf(collector: string | undefined): "grpc" | "http" {
  return collector !== undefined && httpUrl(collector)?.port === "4318" ? "http" : "grpc";
}

export function httpUrl(text: string): URL | undefined {
  if (!/^https?:\/\//i.test(text)) return undefined;
  const url = URL.parse(text);
  return url?.hostname ? url : undefined;
}

/** `http://user:pass@host` → `http://(hidden)@host`, wherever it stands in a text. */
export function withoutCredentials(text: string): string {
  return text.replace(/(\w:\/\/)[^/?#\s]*@/g, "$1(hidden)@");
}
