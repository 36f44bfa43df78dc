// Who may send what, and when: tenants with their limits.
export * from "./tenants/index.ts";
export * from "./queue/index.ts";
