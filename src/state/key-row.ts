// One API key as it is stored: never the key itself.

export interface KeyRow {
  /** Public: part of the key, in lists and in the ledger. */
  readonly id: string;
  readonly tenant: string;
  /** Admin keys open the admin API, not the data port. */
  readonly role: "client" | "admin";
  /** SHA-256 of the whole key, hex. */
  readonly hash: string;
  readonly label: string;
  /** Epoch ms. */
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  readonly revokedAt: number | undefined;
}
