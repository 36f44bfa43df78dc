// vLLM's own defaults that changed between releases and matter when nothing is said.
import { isBefore, type VllmVersion } from "./version.ts";

/** 0.92 since 0.20 (#38284), 0.9 before. */
export function defaultGpuMemoryUtilization(version: VllmVersion): number {
  return isBefore(version, "0.20.0") ? 0.9 : 0.92;
}

/** The V1 engine is the default since 0.8.0 and caches prefixes; `VLLM_USE_V1=0` is obeyed until 0.10. */
export function defaultPrefixCaching(version: VllmVersion, useV1: string | undefined): boolean {
  if (isBefore(version, "0.8.0")) return false;
  return !(useV1 === "0" && isBefore(version, "0.11.0"));
}
