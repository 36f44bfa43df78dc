// Shape of `spec.serving.disaggregation`: how requests are split between the pools prefill and decode.
import * as z from "zod";
import { KV_LINKS } from "../model/index.ts";
import { field } from "./field.ts";

const links = Object.keys(KV_LINKS) as (keyof typeof KV_LINKS)[];

const RULE = /^(predicted|always|never|llmd(:\d+){0,2}|dynamo(:\d+(:\d+(\.\d+)?)?)?)$/;

export const disaggregationSchema = z.strictObject({
  connector: field(
    {
      effect:
        "How KV moves: `nixl`, vLLM's NixlConnector, whose decode worker pulls; or `mooncake`, its MooncakeConnector. Workers started here get the fitting `--kv-transfer-config`.",
      origin: "switchgear",
      test: "disaggregation.connector: the parameters of both legs, and the arguments of workers started here",
    },
    z.enum(["nixl", "mooncake"]).default("nixl"),
  ),
  rule: field(
    {
      effect:
        "When a request is split: `predicted` where both legs and the transfer cost less than one worker, `llmd:16` from so many uncached tokens on, `dynamo:2048:0.7` unless fewer tokens and less than that share are uncached, `always`, `never`.",
      origin: "switchgear",
      test: "disaggregation.rule: it decides which requests are split",
      expected: "predicted, always, never, llmd:TOKENS or dynamo:TOKENS:RATIO",
    },
    z.string().regex(RULE).default("predicted"),
  ),
  fallback: field(
    {
      effect:
        "When no pair can serve a request, or its transfer fails: `colocated` serves it at one worker, `fail` answers with an error.",
      origin: "switchgear",
      test: "disaggregation.fallback: without prefill workers requests are served by one worker, or refused",
    },
    z.enum(["colocated", "fail"]).default("colocated"),
  ),
  link: field(
    {
      effect: "Network between the pools, by which the time of a transfer is predicted.",
      origin: "switchgear",
      test: "disaggregation.link: the time of a transfer is predicted by it",
    },
    z.enum(links).default("ndr400"),
  ),
  leaseSeconds: field(
    {
      effect:
        "How long a prefill worker keeps a prompt's KV (vLLM's `kv_lease_duration`); parameters that may be older are not used.",
      origin: "switchgear",
      test: "disaggregation.leaseSeconds: parameters that may be older are not used, and workers started here keep KV so long",
      unit: "s",
    },
    z.number().gt(0).max(86_400).default(30),
  ),
  prefillTimeoutSeconds: field(
    {
      effect: "Longest wait for a prefill leg; the request is then served by one worker.",
      origin: "switchgear",
      test: "disaggregation.prefillTimeoutSeconds: a slow prefill worker is left",
      unit: "s",
    },
    z.number().gt(0).max(86_400).default(60),
  ),
  bootstrapPort: field(
    {
      effect: "Port of Mooncake's bootstrap server on each prefill worker's host (VLLM_MOONCAKE_BOOTSTRAP_PORT).",
      origin: "switchgear",
      test: "disaggregation.connector: the parameters of both legs, and the arguments of workers started here",
    },
    z.int().min(1).max(65_535).default(8998),
  ),
});
