// What the TypeScript SDKs leave to a program that uses them: a place to remember tokens, a browser to open, a listener
// for the code. The same for both versions.

import { createServer } from 'node:http';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { say } from './lines.mjs';

/** An OAuthClientProvider that keeps everything in memory, with the callback that it names. */
export class SignIn {
  #name;
  #port;
  #state;
  #arrivals = [];
  #listener;

  static async prepare(name) {
    const signIn = new SignIn();
    signIn.#name = name;
    signIn.#listener = createServer((request, response) => {
      const url = new URL(request.url, signIn.redirectUrl);
      response.end('Thanks');
      if (url.pathname === '/callback') {
        signIn.#arrivals.push(url.searchParams);
        signIn.#listener.emit('arrival');
      }
    });
    signIn.#listener.listen(0, '127.0.0.1');
    await once(signIn.#listener, 'listening');
    signIn.#port = signIn.#listener.address().port;
    return signIn;
  }

  /** The parameters that the browser brings back, checked as the SDK leaves to us. */
  async arrival() {
    if (this.#arrivals.length === 0) await once(this.#listener, 'arrival');
    const parameters = this.#arrivals.shift();
    if (parameters.get('state') !== this.#state) throw new Error(`not our state: ${parameters}`);
    if (!parameters.has('code')) throw new Error(`no code: ${parameters}`);
    return parameters;
  }

  get redirectUrl() {
    return `http://127.0.0.1:${this.#port}/callback`;
  }

  get clientMetadata() {
    return {
      client_name: this.#name,
      redirect_uris: [this.redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    };
  }

  state() {
    this.#state = randomUUID();
    return this.#state;
  }

  redirectToAuthorization(url) {
    say({ open: url.href });
  }

  #client;
  clientInformation() {
    return this.#client;
  }
  saveClientInformation(client) {
    this.#client = client;
  }

  #tokens;
  tokens() {
    return this.#tokens;
  }
  saveTokens(tokens) {
    this.#tokens = tokens;
  }

  #verifier;
  codeVerifier() {
    return this.#verifier;
  }
  saveCodeVerifier(verifier) {
    this.#verifier = verifier;
  }

  /** The authorization server no longer knows the client, or the tokens: the next attempt begins anew. */
  invalidateCredentials(what) {
    if (what === 'all' || what === 'client') this.#client = undefined;
    if (what === 'all' || what === 'tokens') this.#tokens = undefined;
  }
}
