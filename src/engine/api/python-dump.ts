// JSON with a space after commas and colons, as Python's json.dumps and most models write it.

export function pythonDump(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonDump).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}: ${pythonDump(member)}`);
    return `{${members.join(", ")}}`;
  }
  return JSON.stringify(value) ?? "null";
}
