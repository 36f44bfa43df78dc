// The words after `docker run`: its options, the image, and the arguments of the image's entry point.
import { readProgram } from "./program.ts";
import { DOCKER_BARE, DOCKER_OPTIONS, type DockerRule } from "./docker-options.ts";
import { SwitchgearError } from "../../core/index.ts";
import { publishedPort, takeImage, takeMount } from "./container.ts";
import type { Reading } from "./reading.ts";
import type { Token } from "./token.ts";

interface DockerWords {
  readonly words: readonly Token[];
  at: number;
  entrypoint: Token | undefined;
}

export function readDockerRun(reading: Reading, words: readonly Token[]): boolean {
  reading.facts.contained = true;
  const state: DockerWords = { words, at: 0, entrypoint: undefined };
  while (words[state.at]?.text.startsWith("-") || isMaybe(words[state.at])) readOption(reading, state);
  const image = words[state.at];
  if (image?.expansion !== undefined && /^(`|\$\()/.test(image.expansion)) {
    const where = `${reading.file}:${image.position.line}`;
    const expected = "an image; a line of PowerShell that goes on ends with a backslash in a shell";
    throw new SwitchgearError("SWG_CONVERT_UNUSABLE", "what stands for the image is a command", { where, expected });
  }
  if (image === undefined) {
    const where = `${reading.file}:${words[0]?.position.line ?? 1}`;
    throw new SwitchgearError("SWG_CONVERT_UNUSABLE", "docker run names no image", { where, expected: "an image" });
  }
  takeImage(reading, image);
  return readContainerCommand(reading, {
    entrypoint: state.entrypoint ? [state.entrypoint] : [],
    args: words.slice(state.at + 1),
    at: image,
  });
}

/** `${NAME:+-e NAME=…}`: options, or nothing. */
function isMaybe(token: Token | undefined): boolean {
  return token?.expansion !== undefined && /^\$\{\w+:?\+/.test(token.text);
}

export interface ContainerCommand {
  readonly entrypoint: readonly Token[];
  readonly args: readonly Token[];
  /** Stands for the program when the image's own is run. */
  readonly at: Token;
}

/** The images of vLLM run `vllm serve` unless told otherwise. */
export function readContainerCommand(reading: Reading, { entrypoint, args, at }: ContainerCommand): boolean {
  if (readProgram(reading, [...entrypoint, ...args])) return true;
  const left = new Set(reading.ledger.left());
  if (entrypoint.length > 0 || args.some((token) => !left.has(token))) return false;
  reading.launches.push({ entry: "image", args, at });
  return true;
}

function readOption(reading: Reading, state: DockerWords): void {
  const token = state.words[state.at++];
  if (token === undefined) return;
  if (isMaybe(token)) {
    const reason = "a shell would put options here, or nothing";
    reading.ledger.take([token], { disposition: "unsupported", code: "expansion", reason, hint: "write them" });
    return;
  }
  const equals = token.text.indexOf("=");
  const name = equals < 0 ? token.text : token.text.slice(0, equals);
  const rule = DOCKER_OPTIONS[name];
  if (rule === undefined) return unknownOption(reading, token);
  const follower = equals < 0 && rule !== "bare" ? state.words[state.at++] : undefined;
  const value = equals < 0 ? follower?.text : token.text.slice(equals + 1);
  apply(reading, { rule, state, tokens: follower === undefined ? [token] : [token, follower], value: value ?? "" });
}

function unknownOption({ ledger }: Reading, token: Token): void {
  // `-it` and `-dit` are several bare options.
  if (isBundle(token.text))
    return ledger.take([token], { disposition: "dropped-safe", code: "container", reason: "how the container is run" });
  const hint = "an option of docker that takes a value is written --name=value";
  ledger.take([token], { disposition: "unknown", code: "unknown-option", reason: "no known option of docker", hint });
}

function isBundle(text: string): boolean {
  return (
    /^-[a-zA-Z]+$/.test(text) &&
    text
      .slice(1)
      .split("")
      .every((one) => DOCKER_BARE.has(`-${one}`))
  );
}

interface DockerOption {
  readonly rule: DockerRule;
  readonly state: DockerWords;
  readonly tokens: readonly Token[];
  readonly value: string;
}

function apply(reading: Reading, { rule, state, tokens, value }: DockerOption): void {
  const last = tokens.at(-1);
  if (last === undefined) return;
  switch (rule) {
    case "env":
      return readEnv(reading, tokens, value);
    case "publish":
      return publishedPort(reading, tokens, value);
    case "mount":
      return takeMount(reading, tokens, value);
    case "entrypoint":
      return takeEntrypoint(reading, { state, tokens, last, value });
    case "gpus":
      return takeGpus(reading, tokens, value);
    case "network":
      return takeNetwork(reading, tokens, value);
    case "outside": {
      const hint = "set it for the process that runs `switchgear serve`";
      const reason = "Switchgear does not take it over";
      return reading.ledger.take(tokens, { disposition: "unsupported", code: "container", reason, hint });
    }
    default:
      return reading.ledger.take(tokens, {
        disposition: "dropped-safe",
        code: "container",
        reason: "how the container is run; workers are processes of Switchgear",
      });
  }
}

/** On the host's network vLLM's own host and port are those that clients see. */
export function takeNetwork({ ledger, facts }: Reading, tokens: readonly Token[], value: string): void {
  if (value === "host") facts.contained = false;
  const reason = value === "host" ? "workers are on the host's network too" : "workers are on the host's network";
  ledger.take(tokens, { disposition: "dropped-safe", code: "container", reason });
}

interface EntrypointOption {
  readonly state: DockerWords;
  readonly tokens: readonly Token[];
  readonly last: Token;
  readonly value: string;
}

function takeEntrypoint({ ledger }: Reading, { state, tokens, last, value }: EntrypointOption): void {
  // `--entrypoint=X` is one word: the program in it gets a token of its own.
  const inline = tokens.length === 1;
  state.entrypoint = inline ? ledger.add({ ...last, text: value }) : last;
  const option = inline ? tokens : tokens.slice(0, 1);
  ledger.take(option, { disposition: "mapped", code: "program", reason: "the program that is run" });
}

/** `-e NAME=value`, `-e NAME` takes the value of the caller's environment. */
function readEnv(reading: Reading, tokens: readonly Token[], value: string): void {
  const [option] = tokens;
  const last = tokens.at(-1);
  if (option === undefined || last === undefined) return;
  const equals = value.indexOf("=");
  const name = equals < 0 ? value : value.slice(0, equals);
  reading.env.push({
    name,
    value: equals < 0 ? undefined : value.slice(equals + 1),
    tokens,
    expansion: last.expansion,
  });
}

function takeGpus(reading: Reading, tokens: readonly Token[], value: string): void {
  const { ledger, facts } = reading;
  if (/^\d+$/.test(value)) {
    facts.gpus = { value: Number(value), tokens };
    return;
  }
  const devices = /device=([^"]+)/.exec(value)?.[1];
  if (devices === undefined) {
    const reason = "workers see the GPUs of their host";
    return ledger.take(tokens, { disposition: "dropped-safe", code: "container", reason });
  }
  // What follows the list of devices is another option: `device=0,1,capabilities=gpu`.
  const [visible = ""] = devices.split(/,(?=[^,]*=)/);
  reading.env.push({ name: "CUDA_VISIBLE_DEVICES", value: visible, tokens, expansion: tokens.at(-1)?.expansion });
}
