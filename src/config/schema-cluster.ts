// Shape of `spec.gateway.cluster`: the etcd that several gateways share.
import * as z from "zod";
import { field, type FieldNotes } from "./field.ts";

const path = z.string().min(1).max(4096);

function shared<S extends z.core.$ZodType>(notes: Omit<FieldNotes, "origin" | "processWide">, schema: S): S {
  return field({ ...notes, origin: "switchgear", processWide: true }, schema);
}

const TLS = "cluster: an etcd that asks for TLS and a password, in a deployment";

const etcdSchema = z.strictObject({
  endpoints: shared(
    {
      effect: "Members of etcd, asked in turn.",
      test: "cluster: a gateway that starts is warm by what another one knew",
    },
    z
      .array(z.string().regex(/^https?:\/\/[^/\s]+$/))
      .min(1)
      .max(32)
      .default(["http://127.0.0.1:2379"]),
  ),
  username: shared(
    { effect: "User of etcd.", test: TLS, fallback: "none: etcd asks for no password" },
    z.string().min(1).max(256).optional(),
  ),
  passwordFile: shared(
    {
      effect: "File that holds the user's password. A relative path starts at the file's folder.",
      test: TLS,
      fallback: "none",
    },
    path.optional(),
  ),
  caFile: shared(
    { effect: "PEM file of the authority of etcd's certificates.", test: TLS, fallback: "the system's" },
    path.optional(),
  ),
  certFile: shared(
    { effect: "PEM file of the certificate that is shown to etcd.", test: TLS, fallback: "none" },
    path.optional(),
  ),
  keyFile: shared({ effect: "PEM file of that certificate's key.", test: TLS, fallback: "none" }, path.optional()),
});

export const clusterSchema = field(
  { effect: "Several gateways in front of the same workers.", origin: "switchgear" },
  z
    .strictObject({
      enabled: shared(
        {
          effect: "Gateways share loads, drains, migration plans and one leader over etcd; also `serve --cluster`.",
          test: "cluster: a drain and a load at one gateway are known at the others",
        },
        z.boolean().default(false),
      ),
      name: shared(
        {
          effect: "Gateways of the same name belong together; the first part of every key.",
          test: "cluster: a drain and a load at one gateway are known at the others",
        },
        z
          .string()
          .regex(/^[a-z0-9][a-z0-9-]{0,62}$/)
          .default("switchgear"),
      ),
      etcd: field({ effect: "Where etcd is, and who asks.", origin: "switchgear" }, etcdSchema.prefault({})),
    })
    .prefault({}),
);
