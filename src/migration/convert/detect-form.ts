// Which of the input forms a text is.
import type { Form } from "./reading.ts";

/** By what stands in it; a shell line is what is none of the others. */
export function detectForm(text: string): Form {
  const body = text.replace(/^(?:\s*#.*\n|\s*\n)*/, "").replace(/^---\s*\n/, "");
  if (/^\s*\[\s*"/.test(body)) return "argv";
  const members = membersOf(body);
  if (members !== undefined)
    return members.has("kind") ? "kubernetes" : members.has("services") ? "compose" : "vllm-yaml";
  if (/^\s*\[(Unit|Service|Install)\]\s*$/m.test(text)) return "systemd";
  if (/^(apiVersion|kind|items)\s*:/m.test(text) && /^kind\s*:/m.test(text)) return "kubernetes";
  if (/^services\s*:/m.test(text)) return "compose";
  if (/^(sudo\s+)?(docker|podman|nerdctl)\s+(container\s+)?run\b/m.test(body)) return "docker";
  const first = body.split("\n", 1)[0] ?? "";
  return /^"?[A-Za-z][\w-]*"?\s*:(\s|$)/.test(first) ? "vllm-yaml" : "shell";
}

/** Of a JSON object, as `kubectl get -o json` and `docker compose config --format json` print one. */
function membersOf(text: string): ReadonlySet<string> | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    return new Set(Object.keys(JSON.parse(text) as object));
  } catch {
    return undefined;
  }
}
