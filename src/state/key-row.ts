// One API key as it is stored: never the key itself.

export interface KeyRow {
  readonly id: string;
  readonly tenant: string;
  readonly role: "client" | "admin";
  /** SHA-256 of the key, hex. */
  readonly hash: string;
  readonly label: string;
  /** Epoch ms. */
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  readonly revokedAt: number | undefined;
}
