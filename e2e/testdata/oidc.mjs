// A certified OpenID provider for the tests: node oidc.mjs MODULES PORT REDIRECT. Whoever logs in is who they say; anna is in the
// group of the leads, emil is the agent 8001, and the others are in no group of ours.
import { pathToFileURL } from "node:url";
const [modules, port, redirect] = process.argv.slice(2);
const { default: Provider } = await import(pathToFileURL(`${modules}/oidc-provider/lib/index.js`).href);
const people = { anna: { groups: ["hotline-leads"] }, emil: { groups: ["hotline-agents"], employee: "8001" } };
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: "hotline", client_secret: "not-so-secret", redirect_uris: [redirect], response_types: ["code"], grant_types: ["authorization_code"] }],
  claims: { openid: ["sub"], profile: ["preferred_username"], groups: ["groups", "employee"] },
  scopes: ["openid", "profile", "groups"],
  pkce: { required: () => true, methods: ["S256"] },
  findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id, preferred_username: id, ...(people[id] ?? {}) }) }),
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
