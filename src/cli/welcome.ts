// What a person reads when the gateway is open: URLs and a curl that works as pasted.
import { dirname } from "node:path";
import { styleText } from "node:util";
import type { Running } from "../app/index.ts";

export type Banner = "serve" | "quickstart";

export interface Welcome {
  readonly running: Running;
  /** Models that have no ready worker yet. */
  readonly waiting: readonly string[];
  readonly banner: Banner;
  readonly files: readonly string[];
  /** Clients have to show a key. */
  readonly asksForKey: boolean;
  /** Names of the migration plans. */
  readonly plans: readonly string[];
}

export function welcome({ running, waiting, banner, files, asksForKey, plans }: Welcome): string {
  const { urls, models, adminTokenFile } = running;
  const model = models[0] ?? "";
  const title = (text: string): string => styleText("bold", text, { stream: process.stdout });
  const lines = [
    "",
    title(
      banner === "quickstart"
        ? "Switchgear is running: a gateway before four simulated Llama-70B workers."
        : `Switchgear is running ${files.join(", ")}.`,
    ),
    "",
    `  API       ${urls.data}/v1   (models: ${models.join(", ")})`,
    ...(urls.metrics === undefined ? [] : [`  Metrics   ${urls.metrics}`]),
    `  Admin     ${urls.admin}/admin/v1/workers   (bearer token in ${adminTokenFile})`,
    "",
    ...waiting.flatMap((one) => [`  No worker of ${one} is ready yet; requests wait for one. The log says why.`, ""]),
    title("Try it:"),
    "",
    ...(asksForKey ? ["  (with a key of spec.gateway.apiKeys in KEY)"] : []),
    curl(urls.data, model, asksForKey),
    "",
    title("See the workers, and why a request went where it went:"),
    "",
    `  curl -s ${urls.admin}/admin/v1/workers -H "authorization: Bearer $(cat ${adminTokenFile})"`,
    `  curl -s ${urls.admin}/admin/v1/requests/REQUEST-ID -H "authorization: Bearer $(cat ${adminTokenFile})"`,
    "",
    ...plans.flatMap((name) => [
      title(`See where the migration ${name} stands, and what comes next:`),
      "",
      `  switchgear migrate status ${name} --admin ${urls.admin} --state-directory ${dirname(adminTokenFile)}`,
      "",
    ]),
    "Ctrl-C drains and stops.",
    "",
  ];
  return `${lines.join("\n")}\n`;
}

function curl(url: string, model: string, asksForKey: boolean): string {
  const body = JSON.stringify({
    model,
    stream: true,
    max_tokens: 40,
    messages: [{ role: "user", content: "Why is the sky blue?" }],
  });
  // The address shown is this machine's own, which a certificate seldom names.
  const options = url.startsWith("https:") ? "-kN" : "-N";
  const key = asksForKey ? ' -H "authorization: Bearer $KEY"' : "";
  return `  curl ${options} ${url}/v1/chat/completions${key} -H 'content-type: application/json' \\\n    -d '${body}'`;
}
