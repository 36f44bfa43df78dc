// Output that is fixed before it begins: structured output and tool calls.
import type { EngineContext } from "./engine-context.ts";
import type { JsonObject } from "./json-object.ts";

export interface Script {
  readonly text: string;
  readonly tokens: readonly number[];
}

export function scriptFor(
  _context: EngineContext,
  _request: { readonly body: JsonObject; readonly promptIds: Int32Array },
): Script | undefined {
  return undefined;
}
