// Reads one short text field of a multipart/form-data body; the body itself is forwarded unread.

const FIELD_LIMIT = 512;

/** Undefined when there is no such field near the start or the end of its part. */
export function multipartField(body: Buffer, name: string): string | undefined {
  const at = body.indexOf(`name="${name}"`);
  if (at < 0) return undefined;
  const start = body.indexOf("\r\n\r\n", at);
  if (start < 0 || start - at > FIELD_LIMIT) return undefined;
  const end = body.indexOf("\r\n--", start + 4);
  if (end < 0 || end - start > FIELD_LIMIT) return undefined;
  return body.toString("utf8", start + 4, end);
}
