// What simulations need of admission: the queue before the workers, without tenants and their store.
export * from "./queue/index.ts";
