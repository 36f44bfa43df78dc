// Shape of an arm of a migration plan: a deployment of this process, or a server that somebody else runs.
import * as z from "zod";
import { endpointProblem } from "../urls.ts";

const text = z.string().min(1).max(4096);

export const secretFromShape = z.strictObject({
  env: z
    .string()
    .regex(/^[A-Za-z_]\w*$/)
    .optional()
    .describe("Environment variable that holds the secret."),
  file: text.optional().describe("File that holds the secret; a trailing line end is left out."),
});

export const addressShape = z.string().superRefine((value, context) => {
  const message = endpointProblem(value);
  if (message) context.addIssue({ code: "custom", message });
});

const header = z
  .record(z.string().regex(/^[A-Za-z0-9-]{1,128}$/), z.string().max(8192))
  .describe("Headers sent with each request to this arm; not for secrets.");

export const armShape = z.strictObject({
  deployment: text.optional().describe("Name of a deployment of this process whose workers are the arm."),
  url: addressShape
    .optional()
    .describe("An OpenAI-compatible server, perhaps with a path: vLLM, or a frontend before workers."),
  keyFrom: secretFromShape.optional().describe("Where the bearer key of the server is read from."),
  headers: header.default({}),
  tls: z
    .strictObject({
      ca: text.optional().describe("PEM file of the authority to trust."),
      cert: text.optional().describe("PEM file of the client certificate."),
      key: text.optional().describe("PEM file of the client certificate's key."),
      insecure: z.boolean().default(false).describe("Does not check the server's certificate."),
    })
    .optional()
    .describe("How an https server is trusted and spoken to."),
  models: z
    .record(z.string(), text)
    .default({})
    .describe("The client's model name → the name on this arm; rewritten in requests and in answers."),
  gpus: z.int().min(1).max(100_000).default(1).describe("GPUs of this arm, by which shadow load is compared."),
});
