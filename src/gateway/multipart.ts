// Reads and replaces one short text field of a multipart/form-data body; the rest is forwarded unread.

const FIELD_LIMIT = 512;

/** Undefined when there is no such field near the start or the end of its part. */
export function multipartField(body: Buffer, name: string): string | undefined {
  const place = placeOf(body, name);
  return place && body.toString("utf8", place.start, place.end);
}

/** The body as it is when it has no such field. */
export function withMultipartField(body: Buffer, name: string, value: string): Buffer {
  const place = placeOf(body, name);
  if (place === undefined) return body;
  return Buffer.concat([body.subarray(0, place.start), Buffer.from(value), body.subarray(place.end)]);
}

function placeOf(body: Buffer, name: string): { readonly start: number; readonly end: number } | undefined {
  const at = body.indexOf(`name="${name}"`);
  if (at < 0) return undefined;
  const head = body.indexOf("\r\n\r\n", at);
  if (head < 0 || head - at > FIELD_LIMIT) return undefined;
  const end = body.indexOf("\r\n--", head + 4);
  if (end < 0 || end - head > FIELD_LIMIT) return undefined;
  return { start: head + 4, end };
}
