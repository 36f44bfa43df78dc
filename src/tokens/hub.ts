// Fetches tokenizer files from a model hub that speaks Hugging Face's paths, once, into a cache folder.
import { randomUUID } from "node:crypto";
import { mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Dispatcher, request } from "undici";
import { SwitchgearError, toError } from "../core/index.ts";
import { TOKENIZER_FILES } from "./load-tokenizer.ts";

export interface HubOptions {
  /** `HF_ENDPOINT`; default https://huggingface.co. */
  readonly endpoint?: string | undefined;
  /** `HF_TOKEN`; sent to the endpoint's own host only, shown nowhere. */
  readonly token?: string | undefined;
  readonly cacheFolder: string;
  /** Branch, tag or commit. Default `main`. */
  readonly revision?: string | undefined;
  /** For each file. Default 60 s. */
  readonly timeoutMs?: number | undefined;
  /** For each file. Default 64 MiB; the largest tokenizer.json in use is about 35 MB. */
  readonly maxBytes?: number | undefined;
}

const MAX_REDIRECTS = 5;

/**
 * The folder that holds the model's tokenizer files; what is in the cache is not asked for again.
 * Throws SWG_HUB_FAILED.
 */
export async function fetchFromHub(model: string, options: HubOptions): Promise<string> {
  const revision = options.revision ?? "main";
  checkName("model", model, /^[\w.-]+(\/[\w.-]+)?$/);
  checkName("revision", revision, /^[\w./-]+$/);
  const folder = join(options.cacheFolder, `models--${model.replaceAll("/", "--")}`, revision.replaceAll("/", "--"));
  await mkdir(folder, { recursive: true });
  for (const file of TOKENIZER_FILES) await fetchFile({ model, revision, file, folder }, options);
  return folder;
}

interface FilePlace {
  readonly model: string;
  readonly revision: string;
  readonly file: string;
  readonly folder: string;
}

async function fetchFile(place: FilePlace, options: HubOptions): Promise<void> {
  const { model, revision, file, folder } = place;
  const path = join(folder, file);
  // An absent optional file is remembered too, or each start would ask for it.
  if ((await exists(path)) || (await exists(`${path}.absent`))) return;
  const endpoint = (options.endpoint ?? "https://huggingface.co").replace(/\/+$/, "");
  const url = `${endpoint}/${model}/resolve/${encodeURIComponent(revision)}/${file}`;
  const content = await download(url, options);
  if (content !== undefined) return writeWhole(path, content);
  if (file === TOKENIZER_FILES[0]) throw failed(url, "404: no such model or file, or no access to it");
  await writeWhole(`${path}.absent`, "");
}

/** Undefined when the hub says that there is no such file. */
async function download(start: string, options: HubOptions): Promise<Buffer | undefined> {
  const signal = AbortSignal.timeout(options.timeoutMs ?? 60_000);
  const home = parseUrl(start);
  let url = home;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    const own = url.origin === home.origin;
    const headers = own && options.token ? { authorization: `Bearer ${options.token}` } : {};
    const response = await get(url, headers, signal);
    const target = redirectTarget(response, url);
    if (target === undefined) return readResponse(response, url, options.maxBytes ?? 64 * 2 ** 20);
    await response.body.dump();
    if (url.protocol === "https:" && target.protocol !== "https:")
      throw failed(shown(url), "redirected from https to http");
    url = target;
  }
  throw failed(shown(home), `more than ${MAX_REDIRECTS} redirects`);
}

async function get(url: URL, headers: Record<string, string>, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
  try {
    return await request(url, { headers, signal });
  } catch (thrown) {
    throw failed(shown(url), reason(thrown), thrown);
  }
}

function redirectTarget(response: Dispatcher.ResponseData, url: URL): URL | undefined {
  const { location } = response.headers;
  if (response.statusCode < 300 || response.statusCode > 399 || typeof location !== "string") return undefined;
  return parseUrl(location, url);
}

async function readResponse(
  response: Dispatcher.ResponseData,
  url: URL,
  maxBytes: number,
): Promise<Buffer | undefined> {
  const { statusCode, body } = response;
  if (statusCode !== 200) {
    await body.dump();
    if (statusCode === 404) return undefined;
    throw failed(
      shown(url),
      statusCode === 401 || statusCode === 403
        ? `${statusCode}: set HF_TOKEN to a token with access`
        : `status ${statusCode}`,
    );
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body) {
      const part = chunk as Buffer;
      bytes += part.length;
      if (bytes > maxBytes) throw failed(shown(url), `larger than ${maxBytes} bytes`);
      chunks.push(part);
    }
  } catch (thrown) {
    throw thrown instanceof SwitchgearError ? thrown : failed(shown(url), reason(thrown), thrown);
  }
  return Buffer.concat(chunks);
}

/** Another process sees the old state or the whole file. */
async function writeWhole(path: string, content: Buffer | string): Promise<void> {
  const draft = `${path}.${randomUUID()}.part`;
  try {
    await writeFile(draft, content);
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Both become parts of a path and a URL. */
function checkName(what: string, value: string, allowed: RegExp): void {
  if (allowed.test(value) && !value.split("/").some((part) => part === "" || part === "." || part === "..")) return;
  throw new SwitchgearError("SWG_HUB_FAILED", `${what} ${JSON.stringify(value)} is not a name on the hub`, {
    value,
    where: what,
    expected: "owner/name",
  });
}

function parseUrl(text: string, base?: URL): URL {
  const url = URL.parse(text, base?.href);
  if (url !== null && (url.protocol === "https:" || url.protocol === "http:")) return url;
  throw failed(
    base === undefined ? "HF_ENDPOINT" : shown(base),
    base === undefined ? "not an http(s) URL" : "redirected to something else than http(s)",
  );
}

/** Signed links carry secrets in their query, endpoints sometimes in their user part. */
function shown(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

function reason(thrown: unknown): string {
  const error = toError(thrown);
  return error.name === "TimeoutError" ? "no answer in time" : ((error as NodeJS.ErrnoException).code ?? error.name);
}

function failed(where: string, what: string, cause?: unknown): SwitchgearError {
  return new SwitchgearError("SWG_HUB_FAILED", `cannot fetch ${where}: ${what}`, {
    where,
    expected: "a hub that is reachable (HF_ENDPOINT, HF_TOKEN), or a local folder",
    hint: "without a hub: spec.tokenizer.path, a folder with tokenizer.json; or spec.tokenizer.source: none, which routes by predicted text chunks",
    cause,
  });
}
