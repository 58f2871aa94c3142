// Drives the demo through the types that openapi-typescript makes from openapi/linchpin.json.
// usage: node drive.js DEMO.json TRUTH.json

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import createClient from "openapi-fetch";
import type { paths } from "./schema";

const [demoFile, truthFile] = process.argv.slice(2);
const demo: { url: string; tokens: { name: string; token: string }[] } = JSON.parse(readFileSync(demoFile!, "utf-8"));
const truth = JSON.parse(readFileSync(truthFile!, "utf-8"));
const token = new Map(demo.tokens.map(({ name, token }) => [name, token]));
const client = (name: string) =>
  // JSON of the forms that there are: some answers come as pictures too.
  createClient<paths, "application/json">({ baseUrl: demo.url, headers: { Authorization: `Bearer ${token.get(name)}` } });

const ana = client("ana@al-police");
const found = await ana.POST("/v1/entities/search", { body: { text: "Крашта", kinds: ["Person"] } });
assert.deepEqual(found.data?.items.map((item) => item.id), ["p-0001", "p-0002"]);

let asked = 0;
for (const [name, hops] of Object.entries<number[]>(truth.k_shortest.hops)) {
  if (!token.has(name)) continue;
  const answer = await client(name).POST("/v1/analyses/k-shortest-paths", { body: truth.k_shortest.request });
  // 202 and a job come only to those who ask for them.
  assert.ok(answer.data && "result" in answer.data, name);
  assert.deepEqual(answer.data.result.paths.map((path) => path.hops), hops, name);
  asked += 1;
}
assert.ok(asked >= 2);

const missing = await ana.GET("/v1/entities/{id}", { params: { path: { id: "p-nobody" } } });
assert.equal(missing.response.status, 404);
assert.equal(missing.response.headers.get("content-type"), "application/problem+json");
console.log(`typescript client: searched, asked ${asked} callers for k shortest paths`);
