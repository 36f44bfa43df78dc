// Each input form: what is read, from where, and what becomes of what stands around the command.
import assert from "node:assert/strict";
import { test } from "node:test";
import { convert } from "../../../src/migration/index.ts";
import { converted, dispositionOf, fieldOf, reportOf } from "./conversions.ts";

const POOL = "spec.serving.workers";

test("shell: continuations, env prefix, quotes, redirections; positions are those of the text", () => {
  const text = "HF_HOME=/data 'vllm' serve \\\n  org/model -tp 4 \\\n  --chat-template '/a b.jinja' > log 2>&1 &\n";
  const conversion = converted(text);
  assert.equal(conversion.report.form, "shell");
  assert.equal(conversion.report.clean, true);
  assert.equal(fieldOf(conversion, "spec.model.name"), "org/model");
  assert.deepEqual(fieldOf(conversion, `${POOL}.args`), ["--chat-template", "/a b.jinja"]);
  assert.deepEqual(fieldOf(conversion, `${POOL}.env`), { HF_HOME: "/data" });
  assert.deepEqual(reportOf(conversion, "-tp").position, { file: "input", line: 2, column: 13 });
  assert.equal(dispositionOf(conversion, ">"), "dropped-safe shell -");
});

test("positions lead to the words, however the file quotes, folds and nests them", () => {
  const service = (command: string) => `services:\n  vllm:\n    image: vllm/vllm-openai\n    command: ${command}\n`;
  const pod = (args: string) =>
    `kind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n        - image: vllm\n          command: [sh, -c]\n          args:\n            - ${args}\n`;
  const texts = [
    service(">\n      --model org/m\n      --seed 7\n\n      --max-num-seqs 9"),
    service("--model org/m --seed 7\n      --max-num-seqs 9"),
    service(`'--model org/m --seed 7 --served-model-name ''it'' --max-num-seqs 9'`),
    pod(
      "|-\n              # first\n              exec vllm serve org/m \\\n                --seed 7 \\\n                --max-num-seqs 9",
    ),
    pod(`"vllm serve org/m\\t\\x20 --seed 7 \\\n                --max-num-seqs 9"`),
    "[Service]\nExecStart=/bin/bash -c 'exec vllm serve org/m --seed 7 \\\n  --max-num-seqs 9'\n",
    'sh -c "vllm serve org/m \\\n --seed 7 --max-num-seqs 9"',
  ];
  for (const text of texts) {
    const conversion = converted(text);
    for (const word of ["--seed", "--max-num-seqs"]) {
      const { line = 0, column = 0 } = reportOf(conversion, word).position ?? {};
      const found = (text.split("\n")[line - 1] ?? "").slice(column - 1);
      assert.ok(found.startsWith(word), `${line}:${column} in ${text}`);
    }
  }
});

test("shell: characters of web pages and word processors are words, said to be strange; a byte order mark is none", () => {
  const pasted = converted("vllm serve org/m\u00a0--port 8000 \u2013\u2013seed 1");
  assert.equal(dispositionOf(pasted, "org/m\u00a0--port"), "unknown stray-word spec.model.name");
  assert.match(reportOf(pasted, "org/m\u00a0--port").reason, /special space/);
  assert.match(reportOf(pasted, "\u2013\u2013seed").hint ?? "", /long dash/);
  const marked = converted("\uFEFFvllm serve org/m --port 8000");
  assert.deepEqual([marked.report.clean, fieldOf(marked, "spec.model.name")], [true, "org/m"]);
});

test("shell: what would be expanded is a diagnostic, and --set gives the value", () => {
  const text = "MODEL=org/model\nvllm serve $MODEL --seed $(date +%s) --override-generation-config {a,b}";
  const conversion = converted(text);
  assert.equal(dispositionOf(conversion, "$MODEL"), "unsupported expansion spec.model.name");
  assert.match(reportOf(conversion, "$MODEL").hint ?? "", /MODEL is set in line 1/);
  assert.equal(dispositionOf(conversion, "--seed"), "unsupported expansion -");
  assert.match(reportOf(conversion, "--override").hint ?? "", /single quotes around JSON/);
  assert.equal(fieldOf(conversion, "spec.model.name"), undefined);
  const given = converted(text, { set: ["spec.model.name=org/model"] });
  assert.equal(dispositionOf(given, "$MODEL"), "changed expansion spec.model.name");
  assert.equal(fieldOf(given, "spec.model.name"), "org/model");
});

test("shell: an array is one entry, and says where its words belong", () => {
  const script =
    'ARGS=(\n  --seed 1 # why\n  --port "8001"\n)\n[ -n "$Q" ] && ARGS+=(-q "$Q")\nvllm serve m "${ARGS[@]}"';
  const conversion = converted(script);
  assert.deepEqual(reportOf(conversion, "ARGS=").tokens, ["ARGS=", "(", "--seed", "1", "--port", "8001", ")"]);
  assert.equal(dispositionOf(conversion, "ARGS+="), "unsupported expansion -");
  assert.match(reportOf(conversion, "ARGS+=").hint ?? "", /on vLLM's command line/);
  assert.match(reportOf(conversion, "${ARGS[@]}").hint ?? "", /ARGS is set in line \d/);
});

test("shell: other commands are reported and not executed; two launches are refused", () => {
  const conversion = converted("set -e\nrm -rf /tmp/x\nvllm serve m | tee log");
  assert.equal(dispositionOf(conversion, "set"), "dropped-safe other-command -");
  assert.equal(dispositionOf(conversion, "rm"), "unsupported other-command -");
  assert.equal(dispositionOf(conversion, "tee"), "unsupported other-command -");
  assert.throws(() => converted("vllm serve a\nvllm serve b"), /a second command that starts vLLM/);
  assert.throws(() => converted("ls -l"), /no command here starts vLLM/);
});

test("shell: python -m, a wrapper and a program elsewhere, sh -c", () => {
  const module = converted("python3 -m vllm.entrypoints.openai.api_server --model m");
  assert.equal(dispositionOf(module, "python3"), "changed equivalent spec.serving.workers.engine");
  assert.equal(fieldOf(module, `${POOL}.command`), undefined);
  const wrapped = converted("numactl -N 0 /opt/vllm serve m --foo");
  assert.deepEqual(fieldOf(wrapped, `${POOL}.command`), ["numactl", "-N", "0", "/opt/vllm", "serve"]);
  const script = converted('bash -c "vllm serve m -tp 2"');
  assert.equal(fieldOf(script, `${POOL}.tensorParallelSize`), 2);
});

test("shell: options of wrappers are no program, and variables after them are variables", () => {
  const sudo = converted("sudo -E -u svc env A=b TOKEN=abcd1234 nice -n 5 vllm serve m");
  assert.deepEqual(fieldOf(sudo, `${POOL}.command`), ["nice", "-n", "5", "vllm", "serve"]);
  assert.deepEqual(fieldOf(sudo, `${POOL}.env`), { A: "b" });
  assert.equal(dispositionOf(sudo, "-u"), "changed shell -");
  assert.deepEqual([dispositionOf(sudo, "TOKEN"), sudo.report.clean], ["changed secret environment TOKEN", true]);
  const plain = converted("exec env A=b vllm serve m");
  assert.deepEqual([fieldOf(plain, `${POOL}.command`), fieldOf(plain, `${POOL}.env`)], [undefined, { A: "b" }]);
  assert.deepEqual(fieldOf(converted("A=1 env A=2 vllm serve m"), `${POOL}.env`), { A: "2" });
  assert.equal(dispositionOf(converted("env -i vllm serve m"), "-i"), "unsupported shell -");
  const script = converted("sudo A=b bash -c 'vllm serve m'");
  assert.deepEqual(fieldOf(script, `${POOL}.env`), { A: "b" });
});

test("shell: prompts and keywords are no program, a terminal holds one, another machine is none of ours", () => {
  const lines = [
    "$ vllm serve m --seed 1",
    "me@gpu-1:~/x$ vllm serve m --seed 1",
    'tmux new -d -s v "vllm serve m --seed 1"',
    "su - svc -c 'vllm serve m --seed 1'",
  ];
  for (const line of lines) {
    const conversion = converted(line);
    assert.deepEqual([fieldOf(conversion, `${POOL}.command`), conversion.report.clean], [undefined, true], line);
    assert.deepEqual(fieldOf(conversion, `${POOL}.args`), ["--seed", "1"]);
  }
  const loop = converted("while true; do vllm serve m; done");
  assert.deepEqual([fieldOf(loop, `${POOL}.command`), loop.report.clean], [undefined, false]);
  assert.throws(() => converted("pkill -f 'vllm serve'"), /no command here/);
  for (const line of ["ssh gpu vllm serve m", "docker exec c vllm serve m", "srun -n 1 vllm serve m"])
    assert.match(dispositionOf(converted(line), line.split(" ", 1)[0] ?? ""), /^unsupported not-in-fleet/, line);
});

test("docker run: what a shell would make of the words before the image", () => {
  const maybe = converted(
    'docker run ${HF_TOKEN:+-e HF_TOKEN="$HF_TOKEN"} -p 8001:8000 vllm/vllm-openai:v0.11.0 --model m',
  );
  assert.deepEqual([fieldOf(maybe, "spec.model.name"), maybe.report.vllmVersion], ["m", "0.11.0"]);
  assert.equal(dispositionOf(maybe, "${HF_TOKEN"), "unsupported expansion -");
  const windows = "docker run `\n -p 8000:8000 `\n vllm/vllm-openai --model m\n";
  assert.throws(() => converted(windows), /what stands for the image is a command/);
});

test("a container on the host's network listens where its options say", () => {
  const texts = [
    "docker run --network=host vllm/vllm-openai --model m --port 8001",
    "docker run --net host vllm/vllm-openai --model m --port 8001",
    "services: { v: { image: vllm, network_mode: host, command: --model m --port 8001 } }",
    "kind: Deployment\nspec: { template: { spec: { hostNetwork: true, containers: [{ image: vllm, args: [--model, m, --port, '8001'] }] } } }",
  ];
  for (const text of texts) assert.equal(fieldOf(converted(text), "spec.gateway.listener.port"), 8001, text);
  const inside = converted("docker run --network lan vllm/vllm-openai --model m --port 8001");
  assert.equal(fieldOf(inside, "spec.gateway.listener.port"), undefined);
});

test("JSON of kubectl, of compose and of vLLM's own file is told apart", () => {
  const pod = { containers: [{ image: "vllm/vllm-openai:v0.11.0", args: ["m", "-tp", "2"] }] };
  const forms = {
    kubernetes: { apiVersion: "apps/v1", kind: "Deployment", spec: { replicas: 2, template: { spec: pod } } },
    compose: { services: { v: { image: "vllm/vllm-openai", command: ["--model", "m"] } } },
    "vllm-yaml": { model: "m", "max-num-seqs": 4 },
  };
  for (const [form, value] of Object.entries(forms)) {
    const { report, deployment } = converted(JSON.stringify(value, undefined, 2));
    assert.deepEqual([report.form, report.clean], [form, true], JSON.stringify(report.options));
    assert.match(JSON.stringify(deployment), /"name":"m"/);
  }
});

test("argv: JSON words, taken literally", () => {
  const conversion = converted('["vllm", "serve", "m", "--chat-template", "$X"]');
  assert.equal(conversion.report.form, "argv");
  assert.deepEqual(fieldOf(conversion, `${POOL}.args`), ["--chat-template", "$X"]);
  assert.throws(() => converted("[1, 2]", { form: "argv" }), /no argument list/);
});

const DOCKER = `docker run -dit --gpus 2 --name v -v ~/.cache/huggingface:/root/.cache/huggingface -v /data:/models \\
  -e VLLM_LOGGING_LEVEL=DEBUG -e HF_TOKEN=hf_abcdef -e OTHER -p 127.0.0.1:80:8000 --shm-size=1g --frob=3 \\
  vllm/vllm-openai:v0.10.2 --model org/m -tp 2 --port 8000 --scheduler-delay-factor 0.5`;

test("docker run: options, the image's version, the published port, GPUs", () => {
  const conversion = converted(DOCKER);
  const { report } = conversion;
  assert.deepEqual([report.form, report.vllmVersion, report.versionFrom], ["docker", "0.10.2", "image"]);
  assert.equal(dispositionOf(conversion, "--gpus"), "mapped field spec.serving.workers.gpusPerReplica");
  assert.equal(dispositionOf(conversion, "-dit"), "dropped-safe container -");
  assert.equal(dispositionOf(conversion, "-v ~"), "dropped-safe container -");
  assert.equal(dispositionOf(conversion, "-v /data"), "unsupported container -");
  assert.equal(dispositionOf(conversion, "-e HF_TOKEN"), "changed secret environment HF_TOKEN");
  assert.equal(dispositionOf(conversion, "-e OTHER"), "changed environment environment OTHER");
  assert.equal(dispositionOf(conversion, "--frob=3"), "unknown unknown-option -");
  assert.equal(dispositionOf(conversion, "--port"), "dropped-safe container -");
  assert.equal(fieldOf(conversion, "spec.gateway.listener.port"), 80);
  assert.equal(fieldOf(conversion, `${POOL}.schedulerDelayFactor`), 0.5);
  assert.equal(fieldOf(conversion, `${POOL}.gpuMemoryUtilization`), 0.9);
  assert.deepEqual(fieldOf(conversion, `${POOL}.env`), { VLLM_LOGGING_LEVEL: "DEBUG" });
  const few = converted(DOCKER.replace("--gpus 2", "--gpus 1"));
  assert.equal(dispositionOf(few, "--gpus"), "conflict contradiction spec.serving.workers.gpusPerReplica");
});

test("docker run: the GPUs that a container sees are those of the worker; a runtime is no question", () => {
  for (const [words, devices] of [
    [`--gpus '"device=0,1"'`, "0,1"],
    ["--gpus device=2", "2"],
    [`--gpus='"device=0,GPU-1a2b",capabilities=gpu'`, "0,GPU-1a2b"],
  ] as const) {
    const conversion = converted(`docker run --runtime nvidia ${words} vllm/vllm-openai:v0.11.0 --model org/m`);
    assert.deepEqual(fieldOf(conversion, `${POOL}.env`), { CUDA_VISIBLE_DEVICES: devices });
    assert.equal(dispositionOf(conversion, "--gpus"), "mapped environment spec.serving.workers.env");
    assert.ok(conversion.report.clean);
  }
  const unclear = converted("docker run --gpus device=$GPU vllm/vllm-openai:v0.11.0 --model org/m");
  assert.equal(unclear.report.clean, false);
});

test("compose: the service that runs vLLM, its command as text or list", () => {
  const compose = (command: string) => `
services:
  chat:
    image: vllm/vllm-openai:v0.11.0
    command: ${command}
    environment: {A: "1", HF_TOKEN: "\${HF_TOKEN}"}
    ports: ["8000:8000"]
    restart: always
  cache:
    image: redis
`;
  for (const command of ["--model m -tp 2 --seed ${SEED}", '["--model", "m", "-tp", "2", "--seed", "${SEED}"]']) {
    const conversion = converted(compose(command));
    assert.equal(conversion.report.form, "compose");
    assert.equal(fieldOf(conversion, `${POOL}.tensorParallelSize`), 2);
    assert.equal(dispositionOf(conversion, "--seed"), "unsupported expansion -");
    assert.equal(dispositionOf(conversion, "services.cache.image"), "dropped-safe container -");
    assert.equal(
      dispositionOf(conversion, "services.chat.environment.HF_TOKEN"),
      "changed secret environment HF_TOKEN",
    );
    assert.deepEqual(fieldOf(conversion, `${POOL}.env`), { A: "1" });
    assert.equal(fieldOf(conversion, "spec.gateway.listener.port"), 8000);
  }
});

const KUBERNETES = `
apiVersion: v1
kind: Secret
metadata: {name: hf}
stringData: {token: hf_abcdef}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: llama, namespace: llm-serving}
spec:
  replicas: 3
  template:
    spec:
      containers:
        - {name: sidecar, image: envoy}
        - name: server
          image: vllm/vllm-openai:v0.11.0
          command: [/bin/sh, -c]
          args: ["exec vllm serve m --tensor-parallel-size 4 --served-model-name chat"]
          env:
            - {name: HF_TOKEN, valueFrom: {secretKeyRef: {name: hf, key: token}}}
            - {name: PLAIN, value: "1"}
          resources: {limits: {nvidia.com/gpu: 4}}
          volumeMounts: [{name: shm, mountPath: /dev/shm}, {name: data, mountPath: /models}]
      volumes: [{name: shm, emptyDir: {}}, {name: data, hostPath: {path: /x}}]
      nodeSelector: {gpu: h100}
`;

test("Kubernetes: replicas and namespace are carried, references stay references, the seed's name is kept", () => {
  const conversion = converted(KUBERNETES);
  assert.equal(conversion.report.form, "kubernetes");
  assert.equal(fieldOf(conversion, "metadata.name"), "migrated-from-vllm");
  assert.equal(fieldOf(conversion, "metadata.namespace"), "llm-serving");
  assert.equal(fieldOf(conversion, `${POOL}.replicas`), 3);
  assert.equal(fieldOf(conversion, `${POOL}.tensorParallelSize`), 4);
  assert.deepEqual(fieldOf(conversion, "spec.model.servedNames"), ["chat"]);
  assert.deepEqual(fieldOf(conversion, `${POOL}.env`), { PLAIN: "1" });
  const at = "spec.template.spec";
  assert.equal(dispositionOf(conversion, `${at}.containers[1].env[0]`), "changed secret environment HF_TOKEN");
  assert.equal(dispositionOf(conversion, `${at}.volumes[0]`), "dropped-safe kubernetes -");
  assert.equal(dispositionOf(conversion, `${at}.volumes[1]`), "unsupported kubernetes -");
  assert.equal(dispositionOf(conversion, `${at}.nodeSelector`), "unsupported kubernetes -");
  assert.doesNotMatch(JSON.stringify(conversion.report), /hf_abcdef/);
});

test("Kubernetes: what charts write beside the pod is known, and what is empty says nothing", () => {
  const conversion = converted(`
kind: Deployment
metadata: { name: x, finalizers: [a] }
spec:
  paused: false
  template:
    spec:
      enableServiceLinks: false
      securityContext: {}
      tolerations: []
      nodeSelector:
      dnsConfig: { nameservers: [1.1.1.1] }
      containers: [{ image: vllm, args: [m], securityContext: {} }]`);
  assert.equal(dispositionOf(conversion, "spec.template.spec.securityContext"), "dropped-safe is-default -");
  const open = conversion.report.options.filter(({ disposition }) => /unsupported|unknown/.test(disposition));
  assert.deepEqual(
    open.map(({ tokens }) => tokens.join()),
    ["spec.template.spec.dnsConfig.nameservers[0]: 1.1.1.1"],
  );
});

const SCRIPTED = (script: string, env: string): string => `
apiVersion: apps/v1
kind: Deployment
spec:
  template:
    spec:
      runtimeClassName: nvidia
      containers:
        - image: vllm/vllm-openai:v0.11.0
          command: [/bin/sh, -c]
          args:
            - |
              ${script}
          env:
            ${env}
`;

test("Kubernetes: a variable with a plain value in the same manifest is that value, and the report says so", () => {
  const script = "vllm serve m --tensor-parallel-size $SIZE --max-num-seqs $(SEQS) --seed ${SEED} --dtype $DTYPE";
  const env =
    "[{name: SIZE, value: '4'}, {name: SEQS, value: '64'}, {name: SEED, valueFrom: {secretKeyRef: {name: s}}}]";
  const conversion = converted(SCRIPTED(script, env));
  assert.equal(fieldOf(conversion, `${POOL}.tensorParallelSize`), 4);
  assert.equal(fieldOf(conversion, `${POOL}.maxBatchSize`), 64);
  assert.deepEqual(conversion.report.notes.slice(0, 2), [
    "$SIZE is 4, as env says in line 15",
    "$(SEQS) is 64, as env says in line 15",
  ]);
  assert.deepEqual(reportOf(conversion, "--tensor-parallel-size").tokens, ["--tensor-parallel-size", "$SIZE"]);
  assert.equal(dispositionOf(conversion, "--seed"), "unsupported expansion -");
  assert.equal(dispositionOf(conversion, "--dtype"), "unsupported expansion spec.model.dtype");
  assert.equal(dispositionOf(conversion, "spec.template.spec.runtimeClassName"), "dropped-safe kubernetes -");
});

test("Kubernetes: secrets, what a script sets anew, quoted dollars and values that a shell would split stay open", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["vllm serve m --seed $API_KEY", "[{name: API_KEY, value: '7'}]"],
    ["SEED=8 && vllm serve m --seed $SEED", "[{name: SEED, value: '7'}]"],
    ["vllm serve m --seed '$'$SEED", "[{name: SEED, value: '7'}]"],
    ["vllm serve m --seed $SEED", "[{name: SEED, value: '7 --trust-remote-code'}]"],
    ["vllm serve m --seed $SEED", "[{name: SEED, value: $(OTHER)}]"],
  ];
  for (const [script, env] of cases)
    assert.equal(dispositionOf(converted(SCRIPTED(script, env)), "--seed"), "unsupported expansion -", script);
  const words = KUBERNETES.replace(/command: .*\n +args: .*/, 'command: [vllm, serve, m, --seed, "$PLAIN"]');
  assert.equal(dispositionOf(converted(words), "--seed"), "unsupported expansion -", "no shell is there");
});

test("systemd: ExecStart with continuation and specifiers, Environment", () => {
  const unit =
    '[Unit]\nDescription=x\n[Service]\nUser=vllm\nEnvironment="A=b c" D=e\nEnvironmentFile=/etc/vllm\n' +
    "ExecStart=-/usr/bin/vllm serve m \\\n  --tensor-parallel-size 2 --seed %i\nRestart=always\n";
  const conversion = converted(unit);
  assert.equal(conversion.report.form, "systemd");
  assert.deepEqual(fieldOf(conversion, `${POOL}.env`), { A: "b c", D: "e" });
  assert.deepEqual(fieldOf(conversion, `${POOL}.command`), ["/usr/bin/vllm", "serve"]);
  assert.deepEqual(reportOf(conversion, "--tensor-parallel-size").position, { file: "input", line: 8, column: 3 });
  assert.equal(dispositionOf(conversion, "--seed"), "unsupported expansion -");
  assert.equal(dispositionOf(conversion, "EnvironmentFile"), "unsupported service-manager -");
  assert.equal(dispositionOf(conversion, "User"), "changed service-manager -");
});

const SEED = `# vllm_config.yaml
model: meta-llama/Llama-3.1-70B-Instruct
tensor_parallel_size: 4
gpu_memory_utilization: 0.90
max_model_len: 8192
max_num_seqs: 256
dtype: bfloat16
enforce_eager: false
enable_prefix_caching: true
host: 0.0.0.0
port: 8000
`;

test("vLLM's YAML alone: the seed's own configuration converts cleanly", () => {
  const conversion = converted(SEED);
  assert.deepEqual([conversion.report.form, conversion.report.clean], ["vllm-yaml", true]);
  assert.deepEqual(conversion.deployment["spec"], {
    model: { name: "meta-llama/Llama-3.1-70B-Instruct", dtype: "bfloat16" },
    serving: {
      strategy: "colocated",
      workers: {
        replicas: 1,
        gpusPerReplica: 4,
        tensorParallelSize: 4,
        maxBatchSize: 256,
        maxModelLen: 8192,
        gpuMemoryUtilization: 0.9,
        engine: "vllm",
        args: ["--enable-prefix-caching"],
      },
    },
    routing: { algorithm: "kv_aware" },
    gateway: { listener: { host: "0.0.0.0", port: 8000 } },
  });
});

test("--config: the file is read, the command line wins, false is what vLLM makes of it", () => {
  const files: string[] = [];
  const readFile = (path: string): string => {
    files.push(path);
    return "model: other\nmax_num_seqs: 8\nserved_model_name: [a, b]\nenable_prefix_caching: false\nenforce_eager: false\n";
  };
  const text = "vllm serve m --config f.yaml --max-num-seqs 16";
  const conversion = convert({ file: "input", text, readFile });
  assert.deepEqual(files, ["f.yaml"]);
  assert.equal(fieldOf(conversion, "spec.model.name"), "m");
  assert.equal(fieldOf(conversion, `${POOL}.maxBatchSize`), 16);
  assert.deepEqual(fieldOf(conversion, "spec.model.servedNames"), ["a", "b"]);
  assert.equal(dispositionOf(conversion, "max_num_seqs"), "dropped-safe overridden -");
  assert.equal(dispositionOf(conversion, "model: other"), "dropped-safe overridden -");
  assert.equal(dispositionOf(conversion, "enforce_eager"), "dropped-safe is-default -");
  // Checked against vLLM 0.32: a false in the file of `vllm serve` is skipped.
  assert.equal(dispositionOf(conversion, "enable_prefix_caching"), "conflict contradiction -");
  assert.deepEqual(reportOf(conversion, "max_num_seqs").position, { file: "f.yaml", line: 2, column: 15 });
  const module = convert({
    file: "input",
    text: "python -m vllm.entrypoints.openai.api_server --model m --config f.yaml",
    readFile: () => "enable-prefix-caching: false\n",
  });
  assert.equal(fieldOf(module, "spec.routing.algorithm"), "least_loaded");
});

test("YAML with anchors: merged entries count, aliases without end are refused", () => {
  const text = `
x-base: &base
  image: vllm/vllm-openai:v0.11.0
  command: [--model, base]
services:
  chat:
    <<: *base
    command: [--model, own]
`;
  const conversion = converted(text);
  assert.equal(conversion.report.vllmVersion, "0.11.0");
  assert.equal(fieldOf(conversion, "spec.model.name"), "own");
  assert.throws(() => converted("services: &a {vllm: {image: vllm, x: *a}}"), /too deep or too large|too many aliases/);
  const levels = "abcdefghi".split("").map(
    (name, i, all) =>
      `${name}: &${name} [${
        i === 0
          ? "1"
          : Array(9)
              .fill(`*${all[i - 1]}`)
              .join(", ")
      }]`,
  );
  assert.throws(
    () => converted(`services: {vllm: {image: vllm}}\n${levels.join("\n")}`),
    /too deep or too large|too many aliases/,
  );
});
