// `http://user:password@host/`: fetch refuses such an address and quotes it in full, so its parts are taken apart first.

export interface UrlParts {
  /** Without credentials: what may be shown. */
  readonly url: string;
  /** Basic, as curl sends them; none when there are none. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Throws a TypeError on what is no URL. */
export function urlParts(address: string): UrlParts {
  const parsed = new URL(address);
  const { username, password } = parsed;
  if (username === "" && password === "") return { url: address, headers: {} };
  [parsed.username, parsed.password] = ["", ""];
  const credentials = [username, password].map(decoded).join(":");
  return { url: parsed.href, headers: { authorization: `Basic ${Buffer.from(credentials).toString("base64")}` } };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
