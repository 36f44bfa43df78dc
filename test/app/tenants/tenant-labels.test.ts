// Labels of tenants: the first names have their own, the page does not grow with names that a proxy may send.
import assert from "node:assert/strict";
import { test } from "node:test";
import { tenantLabels } from "../../../src/app/tenants/tenant-labels.ts";

test("tenants beyond the limit share one label, and those known keep theirs", () => {
  const labels = tenantLabels(2);
  assert.deepEqual(
    ["a", "b", "c", "a", "d"].map((one) => labels.of(one)),
    ["a", "b", "(other)", "a", "(other)"],
  );
  assert.deepEqual(labels.named([{ tenant: "b" }, { tenant: "c" }]), [{ tenant: "b" }]);
});
