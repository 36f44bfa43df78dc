// The OpenAPI document of the admin API, made from its route table.
import { VERSION } from "../../version.ts";
import { ADMIN_ROUTES, type AdminRoute } from "./admin-routes.ts";

export function adminOpenApi(): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, route] of Object.entries(ADMIN_ROUTES) as [string, AdminRoute][]) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(name, route) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "Switchgear admin API", version: VERSION },
    components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
    paths,
  };
}

function bodySchema(members: AdminRoute["members"]): Record<string, unknown> {
  if (members === undefined) return { type: "object" };
  const properties = Object.fromEntries(members.map((name) => [name, {}]));
  return { type: "object", properties, additionalProperties: false };
}

function operation(
  operationId: string,
  { path, summary, answer, open, takesBody, members, refuses }: AdminRoute,
): Record<string, unknown> {
  const id = { name: "id", in: "path", required: true, schema: { type: "string" } };
  return {
    operationId,
    summary,
    security: open ? [] : [{ token: [] }],
    ...(path.includes("{id}") && { parameters: [id] }),
    ...(takesBody && { requestBody: { content: { "application/json": { schema: bodySchema(members) } } } }),
    responses: {
      200: { description: answer, content: { "application/json": {} } },
      ...(!open && { 401: { description: "The bearer token is missing or wrong" } }),
      ...(takesBody && { 400: { description: "A member of the body is not accepted" } }),
      ...(refuses && { 409: { description: "Refused: not now, not safe, or another version was seen" } }),
      ...(path.includes("{id}") && { 404: { description: "Nothing by this id" } }),
    },
  };
}
