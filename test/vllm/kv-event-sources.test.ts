// A worker says where its events are; it cannot send the gateway to another machine.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connectableAddress, parseKvEventSources } from "../../src/vllm/index.ts";
import { noFixtures, recordedReply } from "./fixtures.ts";

const zmq = {
  enable_kv_cache_events: true,
  publisher: "zmq",
  endpoint: "tcp://*:5557",
  replay_endpoint: "tcp://*:5558",
  topic: "t",
};

test("ranks come in order, without those that have no events", () => {
  const reply = {
    10: zmq,
    2: { ...zmq, replay_endpoint: null, topic: undefined },
    0: { ...zmq, enable_kv_cache_events: false },
    1: { ...zmq, publisher: "null" },
    x: zmq,
    3: 7,
  };
  assert.deepEqual(parseKvEventSources(JSON.stringify(reply)), [
    { rank: 2, endpoint: "tcp://*:5557", replayEndpoint: undefined, topic: "" },
    { rank: 10, endpoint: "tcp://*:5557", replayEndpoint: "tcp://*:5558", topic: "t" },
  ]);
  assert.deepEqual(parseKvEventSources("{}"), []);
});

test("a reply that is no object is an error", () => {
  for (const body of ["", "[]", "null", "<html>"])
    assert.throws(() => parseKvEventSources(body), { code: "SWG_KV_EVENT_INVALID" });
});

test("the recorded reply is read", { skip: noFixtures }, () => {
  const [source] = parseKvEventSources(recordedReply("auth_none_kv_event_sources").body.toString());
  assert.deepEqual(source, { rank: 0, endpoint: "tcp://*:5607", replayEndpoint: "tcp://*:5608", topic: "kv-events" });
});

const addresses: [string, string, string][] = [
  ["tcp://*:5557", "10.0.0.7", "tcp://10.0.0.7:5557"],
  ["tcp://0.0.0.0:5557", "w1", "tcp://w1:5557"],
  ["tcp://[::]:5557", "fd00::7", "tcp://[fd00::7]:5557"],
  ["tcp://:::5557", "w1", "tcp://w1:5557"],
  ["tcp://127.0.0.1:5557", "10.0.0.7", "tcp://10.0.0.7:5557"],
  ["tcp://W1:5557", "w1", "tcp://w1:5557"],
  ["ipc:///tmp/kv", "127.0.0.1", "ipc:///tmp/kv"],
];
for (const [endpoint, host, expected] of addresses) {
  test(`${endpoint} of ${host} is ${expected}`, () => assert.equal(connectableAddress(endpoint, host), expected));
}

for (const endpoint of [
  "tcp://169.254.169.254:80",
  "tcp://other:5557",
  "http://w1:80",
  "ipc:///tmp/kv",
  "tcp://*:0",
  "tcp://*:99999",
  "tcp://w1",
  "inproc://x",
  "tcp://*:5557/x",
  "",
]) {
  test(`${endpoint || "an empty address"} of w1 is refused`, () => {
    assert.throws(() => connectableAddress(endpoint, "w1"), { code: "SWG_KV_EVENT_INVALID" });
  });
}
