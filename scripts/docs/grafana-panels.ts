// What the Grafana dashboard shows: rows of panels, each a few PromQL queries by the name of their line.
export interface Panel {
  readonly title: string;
  /** A unit of Grafana. */
  readonly unit: "reqps" | "s" | "percentunit" | "short" | "cps" | "bytes";
  readonly queries: Readonly<Record<string, string>>;
  readonly stacked?: boolean;
  readonly help: string;
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

const OWN = `instance=~"$instance"`;
const MODEL = `${OWN},model=~"$model"`;

export const DASHBOARD_ROWS: readonly Row[] = [
  {
    title: "Traffic",
    panels: [
      {
        title: "Requests by outcome",
        unit: "reqps",
        stacked: true,
        queries: { "{{model}} {{outcome}}": rate("switchgear_requests_total", MODEL, "model, outcome") },
        help: "How requests ended: ok, rejected, upstream_error, failed, interrupted, aborted.",
      },
      {
        title: "Tokens",
        unit: "cps",
        queries: { "{{model}} {{kind}}": rate("switchgear_tokens_total", MODEL, "model, kind") },
        help: "Prompt, cached and completion tokens per second.",
      },
      {
        title: "Requests inside the gateway",
        unit: "short",
        queries: { "{{instance}}": `switchgear_inflight_requests{${OWN}}` },
        help: "Read, waiting or streaming now.",
      },
    ],
  },
  {
    title: "Latency",
    panels: [
      {
        title: "Time to first token",
        unit: "s",
        queries: {
          "p50 {{model}}": quantile(0.5, "switchgear_time_to_first_token_seconds", "model"),
          "p99 {{model}}": quantile(0.99, "switchgear_time_to_first_token_seconds", "model"),
          "objective {{model}}": `max by (model) (switchgear_slo_seconds{${MODEL},objective="ttft"})`,
        },
        help: "Streams, from the last byte of the request.",
      },
      {
        title: "Gap between tokens (ITL)",
        unit: "s",
        queries: {
          "p50 {{model}}": quantile(0.5, "switchgear_inter_token_seconds", "model"),
          "p99 {{model}}": quantile(0.99, "switchgear_inter_token_seconds", "model"),
          "objective {{model}}": `max by (model) (switchgear_slo_seconds{${MODEL},objective="itl"})`,
        },
        help: "Between token-bearing chunks of a stream.",
      },
      {
        title: "Whole request, and time in the gateway",
        unit: "s",
        queries: {
          "E2E p50 {{model}}": quantile(0.5, "switchgear_request_seconds", "model"),
          "E2E p99 {{model}}": quantile(0.99, "switchgear_request_seconds", "model"),
          "in the gateway p99 {{model}}": quantile(0.99, "switchgear_queue_seconds", "model"),
        },
        help: "In the gateway: from the last byte of the request to its dispatch.",
      },
    ],
  },
  {
    title: "Goodput and SLO",
    panels: [
      {
        title: "Requests that met their objective",
        unit: "percentunit",
        queries: {
          "{{model}} {{objective}}": `${rate("switchgear_slo_requests_total", `${MODEL},met="true"`, "model, objective")} / ${rate("switchgear_slo_requests_total", MODEL, "model, objective")}`,
        },
        help: "Of spec.slo: 99 % should meet ttft and itl, availabilityTarget of them availability.",
      },
      {
        title: "Admission: turned away, preempted, waiting",
        unit: "short",
        queries: {
          "{{model}} {{class}} {{result}} a second": rate(
            "switchgear_admission_total",
            `${MODEL},result!="admitted"`,
            "model, class, result",
          ),
          "{{model}} waiting": `sum by (model) (switchgear_admission_queue{${MODEL}})`,
        },
        help: "full: too many wait; hopeless: no worker could begin in time.",
      },
      {
        title: "Goodput",
        unit: "reqps",
        queries: {
          "{{model}} {{objective}}": rate("switchgear_slo_requests_total", `${MODEL},met="true"`, "model, objective"),
        },
        help: "Requests per second that met the objective.",
      },
      {
        title: "Burn rate of the objectives",
        unit: "short",
        queries: {
          "{{model}} {{objective}} 1 h": `avg by (model, objective) (switchgear:slo_burn:rate1h{${MODEL}})`,
          "{{model}} {{objective}} 6 h": `avg by (model, objective) (switchgear:slo_burn:rate6h{${MODEL}})`,
          "{{model}} {{objective}} 3 d": `avg by (model, objective) (switchgear:slo_burn:rate3d{${MODEL}})`,
          "{{model}} promised availability": `max by (model) (switchgear_slo_availability_ratio{${MODEL}})`,
        },
        help: "How many times as often an objective is missed as it may be; 1 spends the budget just in time. Needs deploy/prometheus/rules.yaml.",
      },
    ],
  },
  {
    title: "Tenants",
    panels: [
      {
        title: "Tenants: requests by outcome",
        unit: "reqps",
        stacked: true,
        queries: { "{{tenant}} {{outcome}}": rate("switchgear_tenant_requests_total", OWN, "tenant, outcome") },
        help: "500 tenants have a line of their own, others are `(other)`.",
      },
      {
        title: "Tenants: tokens and cost",
        unit: "cps",
        queries: {
          "{{tenant}} {{kind}}": rate("switchgear_tenant_tokens_total", OWN, "tenant, kind"),
          "{{tenant}} cost a second": rate("switchgear_tenant_cost_total", OWN, "tenant"),
        },
        help: "Prompt, cached and completion tokens; cost in the unit of the prices.",
      },
      {
        title: "Tenants: turned away",
        unit: "reqps",
        queries: { "{{tenant}} {{reason}}": rate("switchgear_tenant_rejections_total", OWN, "tenant, reason") },
        help: "By the limit, rule or queue that refused.",
      },
      {
        title: "Tenants: budget used",
        unit: "percentunit",
        queries: {
          "{{tenant}} {{unit}} a {{per}}": `max by (tenant, unit, per) (switchgear_tenant_budget_used_ratio{${OWN}})`,
        },
        help: "Used and reserved, as each gateway counts it.",
      },
      {
        title: "Tenants: objectives",
        unit: "percentunit",
        queries: {
          "{{tenant}} {{objective}}": `${rate("switchgear_tenant_slo_requests_total", `${OWN},met="true"`, "tenant, objective")} / ${rate("switchgear_tenant_slo_requests_total", OWN, "tenant, objective")}`,
          "{{tenant}} promised availability": `max by (tenant) (switchgear_tenant_slo_availability_ratio{${OWN}})`,
        },
        help: "Requests that met the tenant's objective, else the model's.",
      },
      {
        title: "Rows that wait for the ledger",
        unit: "short",
        queries: {
          "waiting {{instance}}": `switchgear_ledger_waiting_rows{${OWN}}`,
          "lost {{instance}}": `switchgear_ledger_lost_rows{${OWN}}`,
        },
        help: "Requests never wait for it.",
      },
    ],
  },
  {
    title: "Routing",
    panels: [
      {
        title: "Prompt tokens taken from the KV cache",
        unit: "percentunit",
        queries: {
          "{{model}}": `${rate("switchgear_tokens_total", `${MODEL},kind="cached"`, "model")} / ${rate("switchgear_tokens_total", `${MODEL},kind="prompt"`, "model")}`,
        },
        help: "As the workers report it.",
      },
      {
        title: "Decisions by worker",
        unit: "reqps",
        stacked: true,
        queries: { "{{worker}}": rate("switchgear_decisions_total", OWN, "worker") },
        help: "Who gets the requests.",
      },
      {
        title: "Cost of a decision",
        unit: "s",
        queries: {
          "decide p99 {{policy}}": quantile(0.99, "switchgear_decision_seconds", "policy"),
          "tokenise p99 {{model}}": quantile(0.99, "switchgear_tokenise_seconds", "model"),
        },
        help: "Index look-up and policy; and rendering, tokenising and hashing the prompt.",
      },
      {
        title: "KV index",
        unit: "short",
        queries: {
          "blocks {{instance}}": `switchgear_index_blocks{${OWN}}`,
          "entries {{instance}}": `sum by (instance) (switchgear_index_entries{${OWN}})`,
          "evictions {{instance}}": `switchgear_index_evictions{${OWN}}`,
          "orphans {{instance}}": `switchgear_index_orphans{${OWN}}`,
        },
        help: "Blocks known, which of them on how many workers; orphans: events that named an unknown block.",
      },
    ],
  },
  {
    title: "Predictions against the truth",
    panels: [
      {
        title: "Time to first token, measured ÷ predicted",
        unit: "short",
        queries: {
          "p10 {{worker}}": quantile(0.1, "switchgear_ttft_ratio", "worker"),
          "p50 {{worker}}": quantile(0.5, "switchgear_ttft_ratio", "worker"),
          "p90 {{worker}}": quantile(0.9, "switchgear_ttft_ratio", "worker"),
        },
        help: "1 is right; above, the worker was slower than predicted.",
      },
      {
        title: "Cached tokens, reported ÷ predicted",
        unit: "percentunit",
        queries: {
          "{{worker}}": `${rate("switchgear_cached_tokens_reported_total", OWN, "worker")} / ${rate("switchgear_cached_tokens_predicted_total", OWN, "worker")}`,
        },
        help: "Far from 100 %: the index does not know what the worker holds.",
      },
      {
        title: "Requests whose cached tokens were at least a block fewer than predicted",
        unit: "percentunit",
        queries: {
          "{{worker}}": `${rate("switchgear_cached_tokens_error_bucket", `${OWN},le="-16"`, "worker")} / ${rate("switchgear_cached_tokens_error_count", OWN, "worker")}`,
        },
        help: "The worker evicted what the index still believed in.",
      },
    ],
  },
  {
    title: "Workers",
    panels: [
      {
        title: "Workers by state",
        unit: "short",
        stacked: true,
        queries: { "{{model}} {{state}}": `sum by (model, state) (switchgear_worker_state{${MODEL}})` },
        help: "starting, ready, suspect, draining, dead.",
      },
      {
        title: "Worker processes",
        unit: "short",
        queries: {
          "{{worker}} {{phase}}": `switchgear_worker_process_phase{${OWN}} == 1`,
          "{{worker}} restarts": `switchgear_worker_process_restarts{${OWN}}`,
        },
        help: "Those started here. In a crash loop one stays down; the admin API's `process.lastEnd` tells why.",
      },
      {
        title: "Circuit breakers",
        unit: "short",
        queries: {
          "{{worker}} open": `switchgear_worker_breaker_open{${OWN}}`,
          "{{worker}} {{to}}/s": `rate(switchgear_breaker_changes_total{${OWN}}[$__rate_interval])`,
        },
        help: "Failed requests have taken a worker out although its /health may be well.",
      },
      {
        title: "LoRA adapters loaded",
        unit: "reqps",
        queries: { "{{worker}} {{result}}": rate("switchgear_adapter_loads_total", OWN, "worker, result") },
        help: "Adapters that the gateway had workers load, since nobody held them or their holders were busy.",
      },
      {
        title: "Prefill and decode pairs",
        unit: "reqps",
        queries: {
          "{{model}} {{path}}: {{reason}}": rate(
            "switchgear_disaggregated_requests_total",
            MODEL,
            "model, path, reason",
          ),
          "{{worker}} gets no KV": `switchgear_kv_transfer_stalled{${OWN}}`,
        },
        help: "Requests served by two workers, by one of them and why, refused; 1 for a worker that serves pairs and gets no KV.",
      },
      {
        title: "Requests on workers",
        unit: "short",
        queries: { "{{worker}} {{phase}}": `switchgear_worker_requests{${OWN}}` },
        help: "foreign: not through this gateway.",
      },
      {
        title: "KV cache in use",
        unit: "percentunit",
        queries: { "{{worker}}": `switchgear_worker_kv_usage{${OWN}}` },
        help: "By each worker's last scrape.",
      },
      {
        title: "Tokens on workers, and slowdown",
        unit: "short",
        queries: {
          "prefill {{worker}}": `switchgear_worker_prefill_tokens{${OWN}}`,
          "context {{worker}}": `switchgear_worker_context_tokens{${OWN}}`,
          "slowdown {{worker}}": `switchgear_worker_slowdown{${OWN}}`,
        },
        help: "Tokens that wait for their first token, tokens of running requests; measured ÷ predicted time.",
      },
    ],
  },
  {
    title: "Retries and failures",
    panels: [
      {
        title: "Retries",
        unit: "reqps",
        queries: {
          "{{model}} after {{reason}}": rate("switchgear_retries_total", MODEL, "model, reason"),
          "{{model}} denied: {{reason}}": rate("switchgear_retries_denied_total", MODEL, "model, reason"),
        },
        help: "Legs that failed before the first byte and went to another worker; and those that could not.",
      },
      {
        title: "Streams continued",
        unit: "reqps",
        queries: {
          "{{model}} after {{reason}}": rate("switchgear_continuations_total", MODEL, "model, reason"),
          "{{model}} denied: {{reason}}": rate("switchgear_continuations_denied_total", MODEL, "model, reason"),
        },
        help: "Streams whose worker was lost and that went on at another one; and those that ended with an error.",
      },
      {
        title: "Failures by status",
        unit: "reqps",
        queries: {
          "{{outcome}} {{status}} {{route}}": rate(
            "switchgear_requests_total",
            `${MODEL},outcome!="ok"`,
            "outcome, status, route",
          ),
        },
        help: "Everything that is not ok.",
      },
      {
        title: "Clients that left",
        unit: "reqps",
        queries: {
          "{{model}} {{phase}}": rate("switchgear_aborts_total", MODEL, "model, phase"),
          "{{model}} usage estimated": rate("switchgear_usage_estimated_total", MODEL, "model"),
        },
        help: "By the phase they left in; and requests whose tokens the gateway had to count itself.",
      },
    ],
  },
  {
    title: "Configuration, keys and traces",
    panels: [
      {
        title: "Configuration in force",
        unit: "short",
        queries: {
          "current {{instance}}": `switchgear_config_current{${OWN}}`,
          "{{result}} reloads in 1 h": `sum by (result) (increase(switchgear_config_reloads_total{${OWN}}[1h]))`,
        },
        help: "0: the last reload was rejected, and the files say something else than what is in force.",
      },
      {
        title: "Keys and certificates",
        unit: "reqps",
        queries: {
          "401 {{instance}}": rate("switchgear_unauthorized_total", OWN, "instance"),
          "{{what}} {{result}}": rate("switchgear_front_renewals_total", OWN, "what, result"),
        },
        help: "Requests without a key; changed files of certificate and keys, taken or refused.",
      },
      {
        title: "Spans of traces",
        unit: "cps",
        queries: { "{{result}}": rate("switchgear_trace_spans_total", OWN, "result") },
        help: "All but sent are dropped.",
      },
    ],
  },
  {
    title: "Migration",
    panels: [
      {
        title: "Share of sessions on the candidate",
        unit: "percentunit",
        queries: { "{{plan}} {{kind}}": `switchgear_migration_weight_ratio{${OWN}}` },
        help: "Set, and actual since it was set.",
      },
      {
        title: "Step, and waits for a person",
        unit: "short",
        queries: {
          "{{plan}} step": `switchgear_migration_step{${OWN}}`,
          "{{plan}} held": `switchgear_migration_held{${OWN}}`,
          "{{plan}} {{phase}}": `switchgear_migration_phase{${OWN}}`,
        },
        help: "A rollback shows as the phase rolled-back.",
      },
      {
        title: "Way to a rollback",
        unit: "percentunit",
        queries: { "{{plan}} {{detector}}": `switchgear_migration_detector_ratio{${OWN}}` },
        help: "At 100 % all traffic goes back to the legacy arm.",
      },
      {
        title: "Rates of the step",
        unit: "percentunit",
        queries: { "{{arm}} {{what}} {{value}}": `switchgear_migration_gate_ratio{${OWN}}` },
        help: "With their upper 95 % bounds; judged only at the looks of the gate.",
      },
      {
        title: "Shadow requests",
        unit: "short",
        queries: { "{{plan}} {{result}}": `switchgear_migration_shadow_requests{${OWN}}` },
        help: "Dropped ones, above 1 % of all, void the verdict.",
      },
    ],
  },
  {
    title: "Several gateways",
    panels: [
      {
        title: "Members and leader",
        unit: "short",
        queries: {
          "members {{cluster}} {{instance}}": `switchgear_cluster_members{${OWN}}`,
          "leads {{cluster}} {{instance}}": `switchgear_cluster_leader{${OWN}}`,
        },
        help: "As each gateway sees it; one leads.",
      },
      {
        title: "etcd",
        unit: "short",
        queries: {
          "up {{cluster}} {{instance}}": `switchgear_cluster_etcd_up{${OWN}}`,
          "silent, s {{cluster}} {{instance}}": `switchgear_cluster_silent_seconds{${OWN}}`,
          "unsent {{cluster}} {{instance}}": `switchgear_cluster_unsent_settings{${OWN}}`,
          "failed calls/s {{cluster}} {{instance}}": `rate(switchgear_cluster_failed_calls{${OWN}}[$__rate_interval])`,
        },
        help: "Requests do not notice when it is away; what gateways know of each other grows old.",
      },
      {
        title: "Index snapshots",
        unit: "short",
        queries: {
          "oldest, s {{cluster}} {{instance}}": `switchgear_index_snapshot_age_seconds{${OWN}}`,
          "{{result}} at start {{cluster}} {{instance}}": `switchgear_index_snapshot_workers{${OWN}}`,
        },
        help: "How warm a gateway would start now, and this one did.",
      },
    ],
  },
  {
    title: "Autoscaling",
    panels: [
      {
        title: "Workers of pools that scale",
        unit: "short",
        queries: { "{{pool}} {{kind}}": `switchgear_autoscaling_workers{${OWN}}` },
        help: "Desired by the last decision, and what there is.",
      },
      {
        title: "Decisions",
        unit: "cps",
        queries: {
          "{{pool}} {{action}} {{cause}}": rate("switchgear_autoscaling_decisions_total", OWN, "pool, action, cause"),
        },
        help: "By action and cause; `switchgear scale explain` gives each one's reason.",
      },
      {
        title: "Drains that took too long, and alarms",
        unit: "short",
        queries: {
          "{{pool}} requests moved": rate("switchgear_autoscaling_moved_requests_total", OWN, "pool"),
          "{{pool}} needs a person": `switchgear_autoscaling_alarm{${OWN}}`,
        },
        help: "Requests that a leaving worker did not end in time, a second; alarm 1: figures are missing, or no worker can be started.",
      },
    ],
  },
  {
    title: "The gateway itself",
    panels: [
      {
        title: "Processor",
        unit: "percentunit",
        queries: { "{{instance}}": `rate(process_cpu_seconds_total{${OWN},job="switchgear"}[$__rate_interval])` },
        help: "Share of one core; the gateway's own work runs on one.",
      },
      {
        title: "Memory",
        unit: "bytes",
        queries: {
          "resident {{instance}}": `process_resident_memory_bytes{${OWN},job="switchgear"}`,
          "index {{instance}}": `switchgear_index_bytes{${OWN}}`,
          "bodies {{instance}}": `switchgear_request_body_bytes{${OWN}}`,
        },
        help: "Resident memory, and how much of it the index and request bodies are.",
      },
      {
        title: "Event loop late by",
        unit: "s",
        queries: {
          "p50 {{instance}}": quantile(0.5, "switchgear_event_loop_delay_seconds", "instance"),
          "p99 {{instance}}": quantile(0.99, "switchgear_event_loop_delay_seconds", "instance"),
        },
        help: "Every chunk of every stream waits for this.",
      },
      {
        title: "Receipts kept, time since the start",
        unit: "short",
        queries: {
          "receipts {{instance}}": `switchgear_receipts{${OWN}}`,
          "hours up {{instance}}": `(time() - process_start_time_seconds{${OWN},job="switchgear"}) / 3600`,
        },
        help: "Restarts show as drops.",
      },
    ],
  },
];

function rate(name: string, filter: string, by: string): string {
  return `sum by (${by}) (rate(${name}{${filter}}[$__rate_interval]))`;
}

/** Of a histogram, by one label. */
function quantile(share: number, name: string, by: "model" | "worker" | "policy" | "instance"): string {
  const filter = by === "model" ? MODEL : OWN;
  return `histogram_quantile(${share}, sum by (${by}, le) (rate(${name}_bucket{${filter}}[$__rate_interval])))`;
}
