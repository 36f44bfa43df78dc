// Rules of spec.launcher in a deployment file.
import assert from "node:assert/strict";
import { test } from "node:test";
import { readDeploymentText } from "../../src/config/index.ts";
import { deploymentText } from "./deployment-text.ts";

test("bug: a GPU that was listed twice was given to one worker twice", () => {
  const gpus = { devices: [{ id: "0" }, { id: "GPU-a" }, { id: "0" }] };
  const { diagnostics } = readDeploymentText({
    file: "t.yaml",
    text: deploymentText({ spec: { launcher: { gpus } } }),
  });
  assert.deepEqual(
    diagnostics.map(({ severity, code, path }) => `${severity} ${code} ${path}`),
    ["error conflict spec.launcher.gpus.devices[2].id"],
  );
});
