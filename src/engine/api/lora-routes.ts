// POST /v1/load_lora_adapter and /v1/unload_lora_adapter, which exist only with VLLM_ALLOW_RUNTIME_LORA_UPDATING.
import { errorReply } from "../../vllm/index.ts";
import { ApiError } from "./api-error.ts";
import { bodyReader } from "./body-reader.ts";
import type { EngineContext } from "./engine-context.ts";
import type { Exchange } from "./exchange.ts";

/** The files are not looked at: any path is an adapter. */
export function loadAdapter({ adapters }: EngineContext, exchange: Exchange): void {
  const reader = bodyReader(exchange.body);
  for (const field of ["lora_name", "lora_path"]) reader.required(field);
  const name = reader.string("lora_name") ?? "";
  const path = reader.string("lora_path") ?? "";
  const inPlace = reader.boolean("load_inplace") ?? false;
  reader.finish();
  if (name === "" || path === "") throw invalid("Both 'lora_name' and 'lora_path' must be provided.");
  if (!inPlace && adapters.has(name))
    throw invalid(
      `The lora adapter '${name}' has already been loaded. If you want to load the adapter in place, set 'load_inplace' to True.`,
    );
  if (!adapters.enabled)
    throw new ApiError(
      errorReply(500, "InternalServerError", "Call to add_lora method failed: LoRA is not enabled. Use --enable-lora."),
    );
  adapters.add({ name, path });
  exchange.reply.text(200, `Success: LoRA adapter '${name}' added successfully.`, undefined);
}

export function unloadAdapter({ adapters }: EngineContext, exchange: Exchange): void {
  const reader = bodyReader(exchange.body);
  reader.required("lora_name");
  const name = reader.string("lora_name") ?? "";
  reader.finish();
  if (name === "") throw invalid("'lora_name' needs to be provided to unload a LoRA adapter.");
  if (!adapters.has(name))
    throw new ApiError(errorReply(404, "NotFoundError", `The lora adapter '${name}' cannot be found.`));
  adapters.remove(name);
  exchange.reply.text(200, `Success: LoRA adapter '${name}' removed successfully.`, undefined);
}

function invalid(message: string): ApiError {
  return new ApiError(errorReply(400, "InvalidUserInput", message));
}
