// Which of the input forms a text is.
import type { Form } from "./reading.ts";

/** By what stands in it; a shell line is what is none of the others. */
export function detectForm(text: string): Form {
  const body = text.replace(/^(?:\s*#.*\n|\s*\n)*/, "").replace(/^---\s*\n/, "");
  if (/^\s*\[\s*"/.test(body)) return "argv";
  if (/^\s*\[(Unit|Service|Install)\]\s*$/m.test(text)) return "systemd";
  if (/^(apiVersion|kind|items)\s*:/m.test(text) && /^kind\s*:/m.test(text)) return "kubernetes";
  if (/^services\s*:/m.test(text)) return "compose";
  if (/^(sudo\s+)?(docker|podman|nerdctl)\s+(container\s+)?run\b/m.test(body)) return "docker";
  const first = body.split("\n", 1)[0] ?? "";
  return /^"?[A-Za-z][\w-]*"?\s*:(\s|$)/.test(first) ? "vllm-yaml" : "shell";
}
