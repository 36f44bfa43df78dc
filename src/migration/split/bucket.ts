// The place of a session in [0, 1): fixed, secret, and independent between purposes.
import { createHmac } from "node:crypto";

/** One secret serves several purposes without their places being related. */
export type BucketPurpose = "split" | "sample" | "repeat" | "alias";

/** Uniform in [0, 1) with 53 bits. Without the secret no client can choose its place. */
export function sessionBucket(secret: string | Uint8Array, purpose: BucketPurpose, key: string): number {
  const digest = createHmac("sha256", secret).update(purpose).update("\0").update(key).digest();
  return (digest.readUInt32BE(0) * 2 ** 21 + (digest.readUInt32BE(4) >>> 11)) / 2 ** 53;
}
