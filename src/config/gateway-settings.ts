// How the gateway listens, what it limits and what it lets clients tell the workers.

export interface GatewaySettings {
  readonly listener: FrontListener;
  readonly apiKeys: ApiKeySettings;
  readonly cors: CorsSettings;
  readonly admin: Listener;
  readonly limits: Limits;
  /** What happens to each control of a worker that a client sends. */
  readonly workerControls: Readonly<Record<WorkerControl, ControlPolicy>>;
  readonly receipts: ReceiptSettings;
  readonly continuation: ContinuationSettings;
  readonly admission: AdmissionFields;
  readonly drain: DrainSettings;
  readonly cluster?: ClusterSettings;
  /** Absolute. */
  readonly stateDirectory: string;
}

/** The etcd that several gateways share. */
export interface ClusterSettings {
  readonly enabled: boolean;
  readonly name: string;
  readonly etcd: {
    readonly endpoints: readonly string[];
    readonly username: string | undefined;
    /** Absolute, as the files of TLS. */
    readonly passwordFile: string | undefined;
    readonly caFile: string | undefined;
    readonly certFile: string | undefined;
    readonly keyFile: string | undefined;
  };
}

export interface Listener {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
}

export interface FrontListener extends Listener {
  /** Undefined = plain HTTP. */
  readonly tls: ListenerTls | undefined;
  /** `""` or `/prefix` */
  readonly rootPath: string;
}

/** Absolute paths of PEM files. */
export interface ListenerTls {
  readonly cert: string;
  readonly key: string;
  readonly clientCa: string | undefined;
  readonly minVersion: "1.2" | "1.3";
  readonly ciphers: string | undefined;
}

/** Where keys of clients stand; no entry = nobody is asked for one. */
export interface ApiKeySettings {
  readonly env: readonly string[];
  /** Absolute paths. */
  readonly files: readonly string[];
  readonly guard: "vllm" | "all";
}

export interface CorsSettings {
  readonly allowedOrigins: readonly string[];
  readonly allowedMethods: readonly string[];
  readonly allowedHeaders: readonly string[];
  readonly allowCredentials: boolean;
}

export interface AdmissionFields {
  readonly enabled: boolean;
  readonly starvationMs: number;
  /** Clients may name their class, and their deadline. */
  readonly classHeader: boolean;
  readonly sloHeader: boolean;
}

export interface Limits {
  readonly bodyBytes: number;
  readonly connectTimeoutMs: number;
  /** From the end of the request's body to the first byte of the worker's response body. */
  readonly firstByteTimeoutMs: number;
  /** Without a first byte after this, and after 20 times the predicted TTFT, another worker is asked; 0 = never. */
  readonly lateFirstByteMs?: number;
  /** Longest gap between two bytes of a response. */
  readonly idleTimeoutMs: number;
  readonly totalTimeoutMs: number;
  /** Further legs after the first one failed before the commit point. */
  readonly retries: number;
  /** Further legs as a share of all requests, 0…1. */
  readonly retryBudgetRatio: number;
  /** Requests that wait for a worker at the same time; 0 = refuse at once. */
  readonly queueLength: number;
  readonly queueTimeoutMs: number;
}

export type WorkerControl =
  | "kvTransferParams"
  | "ecTransferParams"
  | "dataParallelRankHeader"
  | "priorityHeader"
  | "requestId"
  | "sessionId"
  | "vllmXargs"
  | "priority"
  | "cacheSalt";

/** strip: taken out, the request goes on · reject: 400 · allow: relayed as sent. */
export type ControlPolicy = "strip" | "reject" | "allow";

/** Streams that go on at another worker when theirs is lost. */
export interface ContinuationSettings {
  readonly mode: "off" | "exact" | "approximate";
  readonly maxPerRequest: number;
  /** Ids of prompt and of output, each, that are kept of one stream. */
  readonly maxTokens: number;
}

export interface DrainSettings {
  /** Not ready any more, but still serving. */
  readonly graceMs: number;
  /** Then running requests have this long to end. */
  readonly timeoutMs: number;
  /** What still runs on a worker that leaves goes elsewhere after so long. */
  readonly workerTimeoutMs: number;
}

export interface ReceiptSettings {
  /** Answers carry `x-switchgear-route`. */
  readonly header: boolean;
  readonly retentionSeconds: number;
  readonly maxEntries: number;
}
