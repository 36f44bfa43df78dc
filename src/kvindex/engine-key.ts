// An engine's block hash as two 32-bit words.
import type { EngineHash } from "../vllm/index.ts";

const whole = new BigUint64Array(1);
const halves = new Int32Array(whole.buffer);

/**
 * Low word into `key[0]`, high word into `key[1]`. Of a 32-byte digest the last 8 bytes are taken: what vLLM itself sends
 * when it sends integers (low 64 bits), so that both encodings give the same key.
 */
export function engineKey(hash: EngineHash, key: Int32Array): void {
  if (typeof hash === "string") {
    key[0] = Number.parseInt(hash.slice(-8), 16) | 0;
    key[1] = Number.parseInt(hash.slice(-16, -8), 16) | 0;
    return;
  }
  // Reading back through the shared buffer avoids BigInt arithmetic; little-endian on every platform Node runs on.
  whole[0] = hash;
  key[0] = halves[0] ?? 0;
  key[1] = halves[1] ?? 0;
}
