// Whether a chat template wants message content as text or as a list of parts.
import type { ContentFormat } from "./chat-message.ts";

/**
 * vLLM's `--chat-template-content-format auto`: "openai" when the template loops over a message's content, directly or
 * through a variable set to it; else "string". Read from the source instead of the syntax tree.
 */
export function detectContentFormat(source: string): ContentFormat {
  const contents = ["\\w+\\.content", "\\w+\\[\\s*['\"]content['\"]\\s*\\]"];
  const assigned = source.matchAll(
    new RegExp(`\\{%-?\\s*set\\s+(\\w+)\\s*=\\s*(?:${contents.join("|")})\\s*-?%\\}`, "g"),
  );
  for (const [, name] of assigned) if (name !== undefined) contents.push(`\\b${name}`);
  const loop = new RegExp(`\\{%-?\\s*for\\s+\\w+\\s+in\\s+(?:${contents.join("|")})\\s*(?:-?%\\}|\\||\\s+if\\s)`);
  return loop.test(source) ? "openai" : "string";
}
