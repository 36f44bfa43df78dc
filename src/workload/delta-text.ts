// The text that one stream event adds to the first choice.

/** `""` for events without text and for broken JSON. */
export function deltaText(data: Buffer): string {
  try {
    const event: unknown = JSON.parse(data.toString("utf8"));
    const choice = at(at(event, "choices"), "0");
    const text = at(at(choice, "delta"), "content") ?? at(choice, "text");
    return typeof text === "string" ? text : "";
  } catch {
    return "";
  }
}

function at(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}
