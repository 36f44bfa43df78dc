// POST /v1/load_lora_adapter and /v1/unload_lora_adapter, which exist only with VLLM_ALLOW_RUNTIME_LORA_UPDATING.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { errorReply } from "../../vllm/index.ts";
import { ApiError } from "./api-error.ts";
import { type BodyReader, bodyReader } from "./body-reader.ts";
import type { EngineContext } from "./engine-context.ts";
import type { Exchange } from "./exchange.ts";

/** Weights are not read: any path is an adapter, except a folder that is there and holds none. */
export function loadAdapter(context: EngineContext, exchange: Exchange): void {
  const { adapters, options } = context;
  const reader = bodyReader(exchange.body);
  const name = requiredText(reader, "lora_name");
  const path = requiredText(reader, "lora_path");
  const inPlace = flag(reader, "load_inplace");
  flag(reader, "is_3d_lora_weight");
  reader.finish();
  if (name === "" || path === "") throw invalid("Both 'lora_name' and 'lora_path' must be provided.");
  if (options.servedModelNames.includes(name))
    throw invalid(`The lora adapter '${name}' conflicts with a served base model.`);
  if (!inPlace && adapters.has(name))
    throw invalid(
      `The lora adapter '${name}' has already been loaded. If you want to load the adapter in place, set 'load_inplace' to True.`,
    );
  if (!adapters.enabled) throw new ApiError(errorReply(500, "InternalServerError", NOT_ENABLED));
  if (existsSync(path) && !existsSync(join(path, "adapter_config.json"))) throw notFound(name, path);
  adapters.add({ name, path });
  exchange.reply.text(200, `Success: LoRA adapter '${name}' added successfully.`, undefined);
}

export function unloadAdapter({ adapters }: EngineContext, exchange: Exchange): void {
  const reader = bodyReader(exchange.body);
  const name = requiredText(reader, "lora_name");
  reader.integer("lora_int_id");
  reader.finish();
  if (name === "") throw invalid("'lora_name' needs to be provided to unload a LoRA adapter.");
  if (!adapters.has(name))
    throw new ApiError(errorReply(404, "NotFoundError", `The lora adapter '${name}' cannot be found.`));
  adapters.remove(name);
  exchange.reply.text(200, `Success: LoRA adapter '${name}' removed successfully.`, undefined);
}

const NOT_ENABLED =
  "Call to add_lora method failed: Worker failed with error 'LoRA is not enabled. Use --enable-lora to enable LoRA.', " +
  "please check the stack trace above for the root cause";

/** Null is no text here. */
function requiredText(reader: BodyReader, field: string): string {
  if (reader.required(field)) refuseNull(reader, field, { type: "string_type", msg: "Input should be a valid string" });
  return reader.string(field) ?? "";
}

function flag(reader: BodyReader, field: string): boolean {
  refuseNull(reader, field, { type: "bool_type", msg: "Input should be a valid boolean" });
  return reader.boolean(field) ?? false;
}

function refuseNull(reader: BodyReader, field: string, fault: { type: string; msg: string }): void {
  if (reader.body[field] === null) reader.report({ ...fault, loc: `body.${field}`, input: undefined });
}

/** vLLM takes paths of a machine out of its errors, names of a hub stay. */
const MACHINE_PATH = /\/(?:home|usr|opt|var|tmp|root|lib|mnt|srv)(?:\/[\w.-]+)+/g;
const FILE_PATH = /(?:\/[\w-]+)+\/[\w-]+\.\w+/g;

function notFound(name: string, path: string): ApiError {
  const message = `Loading lora ${name} failed: No adapter found for ${path}`;
  const told = message.replace(MACHINE_PATH, "<path>").replace(FILE_PATH, "<path>");
  return new ApiError(errorReply(404, "NotFoundError", told));
}

function invalid(message: string): ApiError {
  return new ApiError(errorReply(400, "InvalidUserInput", message));
}
