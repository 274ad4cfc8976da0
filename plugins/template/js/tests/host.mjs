// The host, played by tests: `import` of the contract's interfaces gives what is here. Loaded by `npm test` before them.

import { registerHooks } from "node:module";

// What a test puts here answers the plugin's calls.
export const host = {
  sent: [],
  answers: [],
  fetch(request) {
    host.sent.push(request);
    const answer = host.answers.shift();
    if (answer === undefined) throw new Error(`nobody expected ${request.method} ${request.path}`);
    if (answer.tag) throw { payload: answer };
    return answer;
  },
  whoami: () => ({ id: "alice", displayName: "Alice", language: "en", groups: [] }),
  whereAmI: () => ({ url: "https://example.org/cloud", webRoot: "/cloud", version: "33.0.3" }),
};
globalThis.nextcloudMcpHost = host;

// An answer for `host.answers`.
export function answer(status, body, type = "application/json") {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { status, headers: [["content-type", type]], body: new TextEncoder().encode(text) };
}

registerHooks({
  resolve: (specifier, context, next) =>
    specifier.startsWith("nextcloud-mcp:") ? { url: specifier, shortCircuit: true } : next(specifier, context),
  load: (url, context, next) => {
    if (!url.startsWith("nextcloud-mcp:")) return next(url, context);
    const functions = ["fetch", "whoami", "whereAmI"];
    const source = functions.map((name) => `export const ${name} = (...all) => nextcloudMcpHost.${name}(...all);`).join("\n");
    return { format: "module", source, shortCircuit: true };
  },
});
