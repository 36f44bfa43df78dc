// Certificate and key of the data port, as texts, and what Node makes of them.
import { createSecureContext, type SecureVersion, type TlsOptions } from "node:tls";
import { SwitchgearError, toError } from "../../core/index.ts";

/** PEM texts. */
export interface TlsMaterial {
  readonly cert: string;
  readonly key: string;
  /** Clients show a certificate of it or get no connection. */
  readonly clientCa: string | undefined;
  readonly minVersion: "1.2" | "1.3";
  readonly ciphers: string | undefined;
}

/** Throws when the texts are no pair that can be used. */
export function tlsOptions({ cert, key, clientCa, minVersion, ciphers }: TlsMaterial): TlsOptions {
  const options: TlsOptions = {
    cert,
    key,
    minVersion: `TLSv${minVersion}` satisfies SecureVersion,
    ...(ciphers !== undefined && { ciphers }),
    ...(clientCa !== undefined && { ca: clientCa, requestCert: true, rejectUnauthorized: true }),
  };
  try {
    createSecureContext(options);
  } catch (thrown) {
    // OpenSSL names what is wrong, never a byte of the key.
    throw new SwitchgearError("SWG_TLS_INVALID", `certificate and key cannot be used: ${toError(thrown).message}`, {
      where: "spec.gateway.listener.tls",
      expected: "PEM files of a certificate and of its key",
    });
  }
  return options;
}
