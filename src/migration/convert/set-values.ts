// `--set path=value`: fields given by hand; the value is YAML, so numbers and lists are what they look like.
import { parse } from "yaml";
import { SwitchgearError } from "../../core/index.ts";

const PATH = /^(metadata|spec)(\.[A-Za-z_{][\w}-]*)+$/;

export function parseSetValues(entries: readonly string[]): ReadonlyMap<string, unknown> {
  return new Map(entries.map(parseEntry));
}

function parseEntry(entry: string): [string, unknown] {
  const equals = entry.indexOf("=");
  const path = equals < 0 ? entry : entry.slice(0, equals);
  const fail = (expected: string): SwitchgearError =>
    new SwitchgearError("SWG_USAGE", "a --set is not understood", { where: "--set", value: entry, expected });
  if (equals < 0 || !PATH.test(path)) throw fail("path=value, such as spec.gateway.listener.port=8080");
  try {
    return [path, parse(entry.slice(equals + 1)) as unknown];
  } catch {
    throw fail("a value that is YAML; put quotes around texts with : or #");
  }
}
