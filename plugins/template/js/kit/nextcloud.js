// What every plugin needs besides its own code: tools out of functions, requests, and failures in sentences.
//
// Change it where yours needs more. Never here: what a tool does. The contract beneath it, with every limit and each header
// that passes, is in `wit/`.

import * as host from "nextcloud-mcp:plugin/nextcloud@0.1.0";

// Methods after which nothing has changed, whatever happened to the answer.
const SAFE_METHODS = ["GET", "HEAD", "OPTIONS", "PROPFIND", "REPORT", "SEARCH"];

// Ends the call with a sentence for the model: what happened, and what to do about it. `kind` is one of `failure-kind` in
// wit/types.wit, such as "invalid" or "not-found".
export class Failure extends Error {
  constructor(kind, message, { data, retryAfterS } = {}) {
    super(message);
    this.kind = kind;
    this.data = data;
    this.retryAfterS = retryAfterS;
  }
}

// What the host asks of a plugin, out of a list of tools. The module that is built exports it by the name `tools`.
//
// A tool is `{name, title, description, access, idempotent, arguments, result, run}`: `arguments` and `result` are the
// properties of JSON Schema objects; one is required unless it says `default` (which `run` then finds filled in) or
// `optional: true` (which it finds undefined). `access` is what the tool can do to the user's data at most ("read" if
// absent); the host holds each of its requests to it. `run` is a function from arguments to `{text, data}`.
export function serve(tools) {
  return {
    describe() {
      return tools.map((tool) => ({
        name: tool.name,
        title: tool.title,
        description: tool.description,
        inputSchema: JSON.stringify(schema(tool.arguments)),
        outputSchema: JSON.stringify(schema(tool.result)),
        access: tool.access ?? "read",
        idempotent: tool.idempotent ?? true,
        extra: [],
      }));
    },
    call(name, given) {
      const tool = tools.find((tool) => tool.name === name);
      try {
        const { text, data } = tool.run({ ...defaults(tool.arguments), ...JSON.parse(given) });
        const structured = JSON.stringify(data);
        // Many clients show their model nothing but text, so the data goes out both ways.
        const content = [text, structured].map((val) => ({ tag: "text", val }));
        return { content, structured, extra: [] };
      } catch (error) {
        throw asFailure(error);
      }
    },
  };
}

// A path of segments, each percent-encoded by itself.
export function path(...segments) {
  // encodeURIComponent leaves five characters that a segment may hold, too.
  return segments.map((segment) => `/${encodeURIComponent(segment)}`).join("");
}

// Sends one request and waits for the answer, whatever its status. `about` names the item in failures.
export function send(method, path, { query, headers = {}, body, about = "the item" } = {}) {
  const pairs = Object.entries(query ?? {}).map((pair) => pair.map(encodeURIComponent).join("="));
  const request = {
    method,
    path: pairs.length ? `${path}?${pairs.join("&")}` : path,
    headers: Object.entries(headers),
    body: typeof body === "string" ? new TextEncoder().encode(body) : body,
    extra: [],
  };
  let answer;
  try {
    answer = host.fetch(request);
  } catch (error) {
    throw noAnswer(method, error);
  }
  return new Response(answer, about);
}

// What an OCS endpoint (`/ocs/v2.php/...`) carries in `ocs.data`.
export function ocs(path, { query, about } = {}) {
  return send("GET", path, { query, headers: { accept: "application/json" }, about }).ok().ocs();
}

export const whoami = () => host.whoami();
export const whereAmI = () => host.whereAmI();

// Any answer of Nextcloud: `status`, `header(name)` and `body` (bytes).
export class Response {
  constructor(answer, about) {
    this.status = answer.status;
    this.body = answer.body;
    this.headers = answer.headers;
    this.about = about;
  }

  // The first header of this name, given in lower case.
  header(name) {
    return this.headers.find(([own]) => own === name)?.[1];
  }

  text() {
    return new TextDecoder().decode(this.body);
  }

  // Lets a success through and throws what any other status means.
  ok() {
    if (this.status >= 200 && this.status < 300) return this;
    throw this.failure();
  }

  json() {
    try {
      return JSON.parse(this.text());
    } catch (error) {
      throw this.notUnderstood(error.message);
    }
  }

  ocs() {
    const data = this.json()?.ocs?.data;
    if (data === undefined) throw this.notUnderstood("there is no ocs.data");
    return data;
  }

  // `throw answer.notUnderstood("...")` where an answer is not what the API's documentation says.
  notUnderstood(why) {
    if (this.header("content-type")?.startsWith("text/html")) {
      why = "it is a web page, so something stands between this server and Nextcloud";
    }
    return new Failure("other", `Nextcloud's answer for ${this.about} is not understood: ${why}.`);
  }

  failure() {
    const { status, about } = this;
    if ([400, 415, 422].includes(status)) return new Failure("invalid", `Nextcloud does not take these values for ${about}.`);
    if ([401, 403].includes(status)) return new Failure("denied", `Nextcloud does not allow this user ${about}.`);
    if (status === 404) return new Failure("not-found", `Nextcloud has no such thing, or not for this user: ${about}.`);
    if ([409, 412, 423].includes(status)) {
      return new Failure("conflict", `Somebody else changed or locked ${about}. Read it again first.`);
    }
    const seconds = this.header("retry-after");
    const retryAfterS = /^\d{1,6}$/.test(seconds) ? Number(seconds) : undefined;
    if (status === 429) return new Failure("limited", "Nextcloud gets too many requests now.", { retryAfterS });
    if (status >= 500) {
      return new Failure("unavailable", `Nextcloud could not answer for ${about} (status ${status}).`, { retryAfterS });
    }
    return new Failure("other", `Nextcloud answered for ${about} with status ${status}.`);
  }
}

// Why there is no answer. The tags are those of `variant fetch-error` in wit/host.wit.
function noAnswer(method, error) {
  const { tag, val } = error.payload ?? error;
  if (tag === "malformed") return new Failure("invalid", `This cannot be asked of Nextcloud: ${val}.`);
  if (tag === "forbidden") return new Failure("denied", `This server does not allow the request: ${val}.`);
  if (tag === "unauthorized") return new Failure("denied", "The user has to sign in again.");
  const words = {
    "too-large": ["limited", `The answer is larger than ${val} bytes. Ask for less.`],
    limited: ["limited", `This call has used up what one call may: ${val}.`],
    "timed-out": ["unavailable", "Nextcloud did not answer in time."],
    unreachable: ["unavailable", `Nextcloud cannot be reached: ${val}.`],
  };
  const [kind, message] = words[tag] ?? ["other", "The request failed."];
  const uncertain = SAFE_METHODS.includes(method)
    ? ""
    : " It may have been carried out all the same: look before trying again.";
  return new Failure(kind, message + uncertain);
}

// The contract's form of a failure. Any other error is a mistake in the plugin: the operator's log shows where, the model
// reads that there was one.
function asFailure(error) {
  if (!(error instanceof Failure)) {
    return { kind: "internal", message: `${error}\n${error.stack ?? ""}`, structured: undefined, retryAfterS: undefined };
  }
  const structured = error.data === undefined ? undefined : JSON.stringify(error.data);
  return { kind: error.kind, message: error.message, structured, retryAfterS: error.retryAfterS };
}

function schema(properties) {
  const entries = Object.entries(properties);
  const required = entries.filter(([, one]) => !one.optional && !("default" in one)).map(([key]) => key);
  const plain = Object.fromEntries(entries.map(([key, { optional: _, ...one }]) => [key, one]));
  return { type: "object", properties: plain, required, additionalProperties: false };
}

function defaults(properties) {
  const entries = Object.entries(properties).filter(([, one]) => "default" in one);
  return Object.fromEntries(entries.map(([key, one]) => [key, one.default]));
}
