// Every error code with its exit code and meaning; docs/reference/errors.md is generated from this table.

export interface ErrorCodeEntry {
  /** 1 the answer is no, 2 usage or bad input, 3 needs a person, 4 timeout. */
  readonly exit: 1 | 2 | 3 | 4;
  readonly meaning: string;
}

export const ERROR_CODES = {
  SWG_USAGE: { exit: 2, meaning: "A command was called with a wrong flag, argument or combination." },
  SWG_INTERNAL: { exit: 3, meaning: "A defect in Switchgear; please report it with the log line." },
  SWG_FILE_UNREADABLE: { exit: 2, meaning: "A file or folder that was named cannot be read." },
  SWG_CONFIG_INVALID: { exit: 2, meaning: "A deployment file has errors; each is listed with its position." },
  SWG_SECRET_MISSING: {
    exit: 2,
    meaning: "A key that the deployment refers to (environment variable, file) is not there.",
  },
  SWG_TLS_INVALID: {
    exit: 2,
    meaning: "Certificates and keys, of the gateway's port or for a worker, cannot be used together, or at all.",
  },
  SWG_PLATFORM_UNSUPPORTED: { exit: 2, meaning: "The operating system is not one that this runs on." },
  SWG_PORT_IN_USE: { exit: 2, meaning: "A port that has to be opened is already taken by another process." },
  SWG_CONVERT_UNUSABLE: { exit: 2, meaning: "An input of `convert` holds no single vLLM command that can be read." },
  SWG_COLOCATED_FIRST: {
    exit: 2,
    meaning: "Strategy disaggregated was asked for before a colocated migration was validated.",
  },
  SWG_ADMIN_UNREACHABLE: { exit: 2, meaning: "The admin API that a command speaks to does not answer as one." },
  SWG_NOT_FOUND: { exit: 1, meaning: "The gateway has nothing by the name that a command was given." },
  SWG_REFUSED: { exit: 1, meaning: "The gateway refuses a command: not now, not safe, or another state was seen." },
  SWG_METRICS_UNUSABLE: { exit: 2, meaning: "An input of `assess` cannot be fetched or read." },
  SWG_TRACE_INVALID: { exit: 2, meaning: "A trace file has a row that cannot be read, or no row at all." },
  SWG_RUNTIME_TOO_OLD: { exit: 2, meaning: "The Node.js that runs this is too old." },
  SWG_FAULTS_INVALID: { exit: 2, meaning: "A fault description for a simulated engine is not valid." },
  SWG_KV_EVENTS_INVALID: { exit: 2, meaning: "A --kv-events-config of a simulated engine is not valid." },
  SWG_KV_TRANSFER_INVALID: { exit: 2, meaning: "A --kv-transfer-config of a simulated engine is not valid." },
  SWG_REQUEST_INVALID: { exit: 2, meaning: "The body of an inference request is not what the API takes." },
  SWG_SSE_EVENT_TOO_LONG: { exit: 3, meaning: "A worker sent a stream event larger than the limit." },
  SWG_KV_EVENT_INVALID: { exit: 3, meaning: "A worker sent a KV event, or an address for them, that cannot be read." },
  SWG_TEMPLATE_INVALID: { exit: 2, meaning: "A chat template cannot be compiled." },
  SWG_TEMPLATE_FAILED: { exit: 2, meaning: "A chat template refuses the messages of a request, or fails on them." },
  SWG_TOKENIZER_UNSUPPORTED: {
    exit: 2,
    meaning: "A tokenizer.json is of a kind, or has a part, that is not supported.",
  },
  SWG_TOKENIZER_INVALID: {
    exit: 2,
    meaning: "A tokenizer file is not what its name says: broken JSON or missing fields.",
  },
  SWG_HUB_FAILED: { exit: 2, meaning: "A file could not be fetched from the model hub, and is not in the cache." },
  SWG_PROFILE_UNKNOWN: { exit: 2, meaning: "An engine profile was named that does not exist." },
  SWG_MODEL_TOO_LARGE: { exit: 2, meaning: "A model with its KV cache does not fit the GPU memory of the profile." },
  SWG_SLEEP_FAILED: { exit: 3, meaning: "A worker could not be put to sleep or woken." },
  SWG_GPUS_SHORT: { exit: 2, meaning: "Workers that have to be started need more GPUs than the inventory has free." },
  SWG_MODEL_MISSING: { exit: 2, meaning: "A local model is not where the deployment says, or is no model." },
  SWG_REQUEST_TOO_LARGE: {
    exit: 2,
    meaning: "A request can never fit the KV cache of a simulated engine, or is empty.",
  },
  SWG_ENGINE_LIMITS: { exit: 2, meaning: "Limits of a simulated engine contradict each other." },
  SWG_REQUEST_DUPLICATE: { exit: 2, meaning: "A request id is already in use in a simulated engine." },
  SWG_PLAN_INVALID: { exit: 2, meaning: "A migration plan contradicts itself: its steps, weights or limits." },
  SWG_PLAN_LOCKED: { exit: 2, meaning: "Another process drives the migration plan of this state directory." },
  SWG_PLAN_LOG_INVALID: {
    exit: 3,
    meaning: "The log of a migration plan is damaged, or was written by a newer release.",
  },
  SWG_STATE_NEWER: {
    exit: 2,
    meaning: "The state directory was written by a newer release, which this one cannot read.",
  },
  SWG_STATE_DAMAGED: { exit: 2, meaning: "A file of the state directory cannot be read." },
  SWG_TENANTS_INVALID: {
    exit: 2,
    meaning: "A file that a Tenants document names, or a call about keys, cannot be used.",
  },
  SWG_DATABASE_UNREACHABLE: { exit: 2, meaning: "The database of DATABASE_URL does not answer, or refuses." },
  SWG_RELOAD_REFUSED: { exit: 2, meaning: "A changed deployment file holds what only a restart can change." },
  SWG_SOCKETS_INVALID: { exit: 2, meaning: "The sockets handed to this process are not the ones it listens on." },
  SWG_HANDOVER_REFUSED: { exit: 2, meaning: "A new gateway process cannot take over from the running one." },
  SWG_ETCD_UNREACHABLE: { exit: 4, meaning: "No etcd member that works answers in time." },
  SWG_ETCD_REFUSED: {
    exit: 3,
    meaning: "An etcd that answers refuses: rights, a full database, a lease that is over.",
  },
} as const satisfies Record<string, ErrorCodeEntry>;

export type ErrorCode = keyof typeof ERROR_CODES;
