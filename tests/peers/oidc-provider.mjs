// An authorization server that no one here wrote (panva's `oidc-provider`) in Nextcloud's place: the provider's endpoints
// where Nextcloud has its own, everything else handed on to a stand-in.
//
// Its one argument is JSON:
//   standIn               where the stand-in is
//   users                 user ids, each with a token of that user's that the stand-in knows
//   accessTokenSeconds    how long access tokens live
// It says {"issuer": URL} once it listens, and ends with its standard input.
//
// Whoever types a user's id signs in as that user, and whatever a client asks for is granted without a word, as a stock
// Nextcloud does. A request for the stand-in changes the provider's access token for the user's token there; what the
// provider does not know goes on as it came, and the stand-in refuses it or not.

import { createServer, request } from 'node:http';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Provider, errors } from 'oidc-provider';
import { say } from './lines.mjs';

const { standIn, users, accessTokenSeconds = 900 } = JSON.parse(process.argv[2]);

const OIDC = '/index.php/apps/oidc';
const OURS = [OIDC, '/interaction/', '/.well-known/'];

const server = createServer((incoming, outgoing) => {
  const ours = OURS.some((path) => incoming.url.startsWith(path));
  if (ours) answer(incoming, outgoing);
  else handOn(incoming, outgoing).catch((error) => outgoing.writeHead(502).end(String(error)));
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const issuer = `http://127.0.0.1:${server.address().port}`;

const signingKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });

const provider = new Provider(issuer, {
  routes: {
    authorization: `${OIDC}/authorize`,
    token: `${OIDC}/token`,
    userinfo: `${OIDC}/userinfo`,
    jwks: `${OIDC}/jwks`,
    registration: `${OIDC}/register`,
    introspection: `${OIDC}/introspect`,
  },
  jwks: { keys: [{ ...signingKey, use: 'sig', alg: 'RS256', kid: 'one' }] },
  cookies: { keys: [randomBytes(32).toString('hex')] },
  ttl: { AccessToken: accessTokenSeconds, RefreshToken: 3600, Grant: 3600, Session: 3600, Interaction: 600, IdToken: 600 },
  scopes: ['openid', 'profile', 'email', 'roles', 'offline_access'],
  claims: { openid: ['sub'], profile: ['preferred_username', 'name'], email: ['email'] },
  pkce: { required: () => true },
  // Nextcloud's, so that what this server registers with is understood; the provider gives them no meaning.
  extraClientMetadata: { properties: ['resource_url', 'token_type'] },
  issueRefreshToken: (_, client) => client.grantTypeAllowed('refresh_token'),
  rotateRefreshToken: true,
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, preferred_username: id, name: id, email: `${id}@example.org` }),
  }),
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  features: {
    devInteractions: { enabled: false },
    registration: { enabled: true },
    registrationManagement: { enabled: true },
    introspection: { enabled: true, allowedPolicy: mayIntrospect },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => true,
      getResourceServerInfo: (_, resource) => {
        if (!resource.endsWith('/mcp')) throw new errors.InvalidTarget();
        return { audience: resource, scope: '', accessTokenTTL: accessTokenSeconds, accessTokenFormat: 'opaque' };
      },
    },
  },
});
provider.use(signIn);
const answer = provider.callback();

say({ issuer });
process.stdin.resume().on('end', () => process.exit());

/** Nextcloud's rule: one's own tokens, and those that are meant for one's resource. */
function mayIntrospect(_, client, token) {
  return token.clientId === client.clientId || token.aud === client.resource_url;
}

/** The page to sign in at, and what comes of it. */
async function signIn(ctx, next) {
  if (!ctx.path.startsWith('/interaction/')) return next();
  const { prompt, params, session } = await provider.interactionDetails(ctx.req, ctx.res);
  if (prompt.name === 'consent') {
    ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, { consent: await grant(params, session) }));
  } else if (ctx.method === 'POST') {
    const user = new URLSearchParams(await body(ctx.req)).get('user');
    const result = user in users ? { login: { accountId: user } } : { error: 'access_denied' };
    ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, result));
  } else {
    ctx.type = 'html';
    ctx.body = `<!doctype html><title>Sign in</title><form method="post" action="${ctx.path}">
      <label>User <input name="user"></label> <label>Password <input name="password" type="password"></label>
      <button>Sign in</button></form>`;
  }
}

async function grant(params, session) {
  const granted = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  granted.addOIDCScope(params.scope ?? 'openid');
  if (params.resource) granted.addResourceScope(params.resource, params.scope ?? '');
  return { grantId: await granted.save() };
}

async function handOn(incoming, outgoing) {
  const headers = { ...incoming.headers };
  const token = headers.authorization?.match(/^Bearer (.+)$/)?.[1];
  const known = token && (await provider.AccessToken.find(token));
  if (known) headers.authorization = `Bearer ${users[known.accountId]}`;
  const onward = request(new URL(incoming.url, standIn), { method: incoming.method, headers }, (reply) => {
    outgoing.writeHead(reply.statusCode, reply.rawHeaders);
    reply.pipe(outgoing);
  });
  onward.on('error', (error) => outgoing.destroy(error));
  incoming.pipe(onward);
}

async function body(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts).toString();
}
