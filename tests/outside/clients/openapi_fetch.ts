// Creates a lead, pings and posts in JSON with the types that openapi-typescript made, and openapi-fetch.
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import createClient from "openapi-fetch";
import type { components, paths } from "./generated.js";

type Schemas = components["schemas"];
const [base, key, path] = process.argv.slice(2) as [string, string, string];
const requests = JSON.parse(readFileSync(path, "utf8")) as {
  create: Schemas["CreateLeadRequest"];
  ping: Schemas["PingRequest"];
  post: Schemas["InboundPostRequest"];
};
const client = createClient<paths>({ baseUrl: base, headers: { "api-key": key } });

const created = await client.POST("/v2/insert/general", { body: requests.create });
const lead = created.data?.results?.[0];
assert.equal(lead?.isValid, true, JSON.stringify(created.error ?? created.data));
assert.equal(lead.responseType satisfies Schemas["ResponseType"], "No_Error");
console.log("create accepted");

const promised = await client.POST("/v2/insert/ping", { body: requests.ping });
const order = promised.data?.results[0];
assert.equal(order?.willAccept, true, JSON.stringify(promised.error ?? promised.data));
console.log("ping accepted");

const post = requests.post;
post.leads[0]!.properties = { ...post.leads[0]!.properties, orderId: order.orderId ?? "" };
const posted = await client.POST("/v2/insert/general", { body: post });
assert.equal(posted.data?.results?.[0]?.isValid, true, JSON.stringify(posted.error ?? posted.data));
assert.equal(posted.data.results[0].price, order.estimatedPayout);
console.log("post accepted");
