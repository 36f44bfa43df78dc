// Does what `migrate` was asked: reads and shows, or sends a command with the version that was seen.
import { writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { SwitchgearError } from "../core/index.ts";
import {
  type CommandRequest,
  type MigrationReport,
  type MigrationStatus,
  type Refusal,
  renderHtml,
  renderMarkdown,
  reportDocument,
  reportJson,
  statusText,
} from "../migration/index.ts";
import { accepted, type AdminAnswer, adminClient, type AdminClient } from "./admin-client.ts";
import type { MigrateAction, MigrateFlags } from "./migrate.ts";

const REFUSED = 1;

/** The exit code. */
export async function runMigrate(
  action: MigrateAction,
  plan: string | undefined,
  flags: MigrateFlags,
): Promise<number> {
  if (action === "rehearse") return (await import("./migrate-rehearse.ts")).runRehearsal(plan, flags);
  checkFlags(action, flags);
  const client = adminClient(flags);
  if (action === "status") return (await import("./migrate-watch.ts")).showStatus(() => statusOf(client, plan), flags);
  const seen = await statusOf(client, plan);
  const path = pathOf(seen.plan.name);
  if (action === "report") {
    const report = accepted(await client.get(`${path}/report`)) as MigrationReport;
    writeReport(report, flags);
    return seen.plan.exitCode;
  }
  return sendCommand({ client, seen, path: `${path}/${action}` }, flags);
}

function pathOf(name: string): string {
  return `/admin/v1/migrations/${encodeURIComponent(name)}`;
}

function checkFlags(action: MigrateAction, { weight, reason }: MigrateFlags): void {
  if (action === "set" && weight === undefined) throw usage("switchgear migrate set", "--weight, a share from 0 to 1");
  if (action === "abort" && reason === undefined) throw usage("switchgear migrate abort", "--reason");
}

async function statusOf(client: AdminClient, plan: string | undefined): Promise<MigrationStatus> {
  if (plan !== undefined) return named(await client.get(pathOf(plan)));
  const { migrations } = accepted(await client.get("/admin/v1/migrations")) as {
    migrations: readonly MigrationStatus[];
  };
  const [only] = migrations;
  if (only !== undefined && migrations.length === 1) return only;
  const names = migrations.map((one) => one.plan.name).join(", ");
  throw usage("switchgear migrate", migrations.length === 0 ? "a gateway with a migration plan" : `one of ${names}`);
}

/** A plan's name is an argument like any other: a wrong one ends as bad input does. */
function named(answer: AdminAnswer): MigrationStatus {
  return accepted(answer.status === 404 ? { ...answer, status: 400 } : answer) as MigrationStatus;
}

interface Sending {
  readonly client: AdminClient;
  readonly seen: MigrationStatus;
  readonly path: string;
}

async function sendCommand({ client, seen, path }: Sending, flags: MigrateFlags): Promise<number> {
  const { reason, force, weight, override } = flags;
  const request: CommandRequest = {
    actor: flags.actor ?? userName(),
    version: flags.seenVersion ?? seen.plan.version,
    ...(reason === undefined ? {} : { reason }),
    ...(force ? { force } : {}),
    ...(weight === undefined ? {} : { weight }),
    ...(override === undefined ? {} : { override }),
  };
  const answer = await client.post(path, request);
  if (answer.status === 409) return explainRefusal(answer, { client, seen, path });
  const status = accepted(answer) as MigrationStatus;
  process.stdout.write(flags.json ? `${JSON.stringify(status, null, 2)}\n` : statusText(status));
  return status.plan.exitCode;
}

/** A container's user may have no entry in /etc/passwd. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.()}`;
  }
}

/** A conflict means that somebody, or the plan itself, was faster: what changed is worth more than the number. */
async function explainRefusal({ body }: AdminAnswer, { client, seen }: Sending): Promise<number> {
  const { refusal, message } = (body as { readonly error: { readonly refusal?: Refusal; readonly message: string } })
    .error;
  const { code, text } = refusal ?? { code: "not-now", text: message };
  process.stderr.write(`refused (${code}): ${text}\n`);
  if (code !== "conflict") return REFUSED;
  const now = await statusOf(client, seen.plan.name);
  process.stderr.write(`the plan as it is now:\n${statusText(now)}`);
  return REFUSED;
}

export function writeReport(report: MigrationReport, { format, output, json }: MigrateFlags): void {
  const text = reportText(report, json ? "json" : format);
  if (output === undefined) return void process.stdout.write(text);
  try {
    writeFileSync(output, text);
  } catch (cause) {
    const expected = "a file that can be written";
    throw new SwitchgearError("SWG_USAGE", "the report cannot be written", { where: output, cause, expected });
  }
}

function reportText(report: MigrationReport, format: MigrateFlags["format"]): string {
  if (format === "json") return `${JSON.stringify(reportJson(report), null, 2)}\n`;
  return format === "html" ? renderHtml(reportDocument(report)) : renderMarkdown(reportDocument(report));
}

function usage(where: string, expected: string): SwitchgearError {
  return new SwitchgearError("SWG_USAGE", "The migration cannot be asked so.", { where, expected });
}
