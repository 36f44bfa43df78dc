// The token verifier with its library: loaded only where tokens are used.
import type { JwtSettings } from "../../config/index.ts";
import type { TokenVerifier } from "./jwt.ts";

export async function loadVerifier(settings: readonly JwtSettings[]): Promise<TokenVerifier> {
  const { tokenVerifier } = await import("./jwt.ts");
  return tokenVerifier(settings);
}
