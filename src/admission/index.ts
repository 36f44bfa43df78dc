// Who may send what, and when: tenants with their limits.
export * from "./tenants/index.ts";
