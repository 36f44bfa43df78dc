// The values of vLLM's --lora-modules: `name=path`, or an object as JSON.
import { SwitchgearError } from "../../core/index.ts";
import { isObject } from "./json-object.ts";
import type { LoraModule } from "./lora-adapters.ts";

export function parseLoraModule(text: string): LoraModule {
  const module = text.trimStart().startsWith("{") ? fromJson(text) : fromPair(text);
  if (module !== undefined) return module;
  throw new SwitchgearError("SWG_USAGE", "This is no LoRA module.", {
    where: "--lora-modules",
    value: text,
    expected: 'name=path, or {"name": …, "path": …}',
  });
}

function fromPair(text: string): LoraModule | undefined {
  const at = text.indexOf("=");
  return at > 0 && at < text.length - 1 ? { name: text.slice(0, at), path: text.slice(at + 1) } : undefined;
}

function fromJson(text: string): LoraModule | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (!isObject(value)) return undefined;
    const { name, path } = value;
    return typeof name === "string" && name !== "" && typeof path === "string" && path !== ""
      ? { name, path }
      : undefined;
  } catch {
    return undefined;
  }
}
