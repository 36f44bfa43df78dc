// Probes of the edges: HEAD, endpoints of other kinds of models, text that is no text.
import assert from "node:assert/strict";
import type { Answer } from "../http.ts";
import { type Probe, probes } from "../probe.ts";
import { MODEL } from "../target.ts";
import { CHAT, COMPLETIONS } from "./requests.ts";

/** HEAD brings no body, so a refusal has only its status. */
function refusesHead(path: string, status: number): Probe {
  const is = (answer: Answer): void => {
    assert.equal(answer.status, status);
    assert.equal(answer.body, "");
  };
  return { name: `HEAD ${path}`, method: "HEAD", path, status, check: is, viaGateway: is };
}

export const headProbes = probes("HEAD", [
  refusesHead("/health", 405),
  refusesHead("/v1/models", 405),
  refusesHead(CHAT, 405),
  refusesHead("/tokenize", 405),
  refusesHead("/v1/nope", 404),
]);

const POOLED = { model: MODEL, input: "Hello", text_1: "a", text_2: "b", query: "q", documents: ["d"] };
const POOLING_PATHS = [
  "/v1/embeddings",
  "/v2/embed",
  "/pooling",
  "/classify",
  "/score",
  "/v1/score",
  "/rerank",
  "/v1/rerank",
  "/v2/rerank",
];
const BOUNDARY = "switchgear";
const UPLOAD = [
  `--${BOUNDARY}`,
  'content-disposition: form-data; name="model"',
  "",
  MODEL,
  `--${BOUNDARY}`,
  'content-disposition: form-data; name="file"; filename="a.wav"',
  "content-type: audio/wav",
  "",
  "RIFF",
  `--${BOUNDARY}--`,
  "",
].join("\r\n");

export const otherModelProbes = probes(
  "not of a text model",
  [
    ...POOLING_PATHS.map((path) => ({ path, body: POOLED })),
    ...["/v1/audio/transcriptions", "/v1/audio/translations"].map((path) => ({
      path,
      body: UPLOAD,
      headers: { "content-type": `multipart/form-data; boundary=${BOUNDARY}` },
    })),
  ].map((probe) => ({ ...probe, name: probe.path, status: 404 })),
);

const TWO = `"model":"${MODEL}","max_tokens":2,"temperature":0,"ignore_eos":true`;
const HALVES = String.raw`a\ud800b`;

export const surrogateProbes = probes("lone surrogates", [
  { name: "chat", path: CHAT, body: `{${TWO},"messages":[{"role":"user","content":"${HALVES}"}]}`, status: 400 },
  { name: "completion", path: COMPLETIONS, body: `{${TWO},"prompt":"${HALVES}"}`, status: 400 },
  { name: "low half", path: COMPLETIONS, body: `{${TWO},"prompt":"\\udc00"}`, status: 400 },
  { name: "stream", path: COMPLETIONS, body: `{${TWO},"prompt":"${HALVES}","stream":true}`, status: 400 },
  { name: "tokenize", path: "/tokenize", body: `{"model":"${MODEL}","prompt":"${HALVES}"}`, status: 400 },
  {
    name: "messages",
    path: "/v1/messages",
    body: `{"model":"${MODEL}","max_tokens":2,"messages":[{"role":"user","content":"${HALVES}"}]}`,
    status: 400,
  },
  {
    name: "responses",
    path: "/v1/responses",
    body: `{"model":"${MODEL}","max_output_tokens":2,"input":"${HALVES}"}`,
    status: 400,
  },
  {
    name: "a pair is a character",
    path: CHAT,
    body: `{${TWO},"messages":[{"role":"user","content":"a\\ud83d\\ude00b"}]}`,
  },
  {
    name: "where nobody reads",
    path: CHAT,
    body: `{${TWO},"user":"${HALVES}","messages":[{"role":"user","content":"Say hi"}]}`,
  },
  {
    name: "model",
    path: CHAT,
    body: `{"model":"${HALVES}","messages":[{"role":"user","content":"Say hi"}]}`,
    status: 400,
    viaGateway: (answer) => assert.equal(answer.status, 404),
  },
]);
