// What docker, compose and Kubernetes share: the image's tag, published ports, mounted folders.
import { parseVersion } from "../../vllm/index.ts";
import type { Reading } from "./reading.ts";
import type { Token } from "./token.ts";

/** A tag that is a version of vLLM says which release the arguments are for. */
export function takeImage({ ledger, facts }: Reading, image: Token, value = image.text): void {
  const tag = /:([^/:@]+)(?:@.*)?$/.exec(value)?.[1];
  const version = tag === undefined || image.expansion !== undefined ? undefined : parseVersion(tag);
  if (version === undefined) {
    const hint = "--vllm-version says which release the arguments are for";
    const reason = "workers run the vLLM that is installed beside Switchgear, not an image";
    ledger.take([image], { disposition: "dropped-safe", code: "container", reason, hint });
    return;
  }
  facts.version = { value: version.text, token: image };
  const reason = `the arguments are read as those of vLLM ${version.text}; workers run the vLLM installed beside Switchgear`;
  const hint = `install vLLM ${version.text} there, or convert with --vllm-version of the one that is`;
  ledger.take([image], { disposition: "changed", code: "container", reason, hint });
}

/** `8000:8000`, `127.0.0.1:80:8000/tcp`, `8000` */
export function publishedPort({ ledger, facts }: Reading, tokens: readonly Token[], value: string): void {
  const [token] = tokens;
  const found = /^(?:\d+\.[\d.]+:|\[[^\]]*\]:)?(?:(\d+):)?(\d+)(?:\/tcp)?$/.exec(value);
  if (token === undefined) return;
  if (found === null || found[1] === undefined) {
    const reason = "no single port of the host";
    const hint = "--set spec.gateway.listener.port=PORT sets where clients connect";
    ledger.take(tokens, { disposition: "unsupported", code: "container", reason, hint });
    return;
  }
  facts.port = { value: Number(found[1]), container: Number(found[2]), token };
  const target = "spec.gateway.listener.port";
  ledger.take(tokens, { disposition: "mapped", code: "field", target, reason: "where clients connect" });
}

/** Caches and shared memory are the host's own; other folders have other names outside of the container. */
export function takeMount({ ledger }: Reading, tokens: readonly Token[], value: string): void {
  if (/\.cache(\/|$|:)|\/dev\/shm|huggingface/.test(value)) {
    const reason = "a cache or shared memory: workers use those of their host";
    ledger.take(tokens, { disposition: "dropped-safe", code: "container", reason });
    return;
  }
  const reason = "a folder that has another name inside of the container";
  const hint = "write paths in arguments as the host of Switchgear knows them";
  ledger.take(tokens, { disposition: "unsupported", code: "container", reason, hint });
}
