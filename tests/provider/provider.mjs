// An OpenID provider for the tests: oidc-provider with one client, people who sign in without being asked, and a
// clock, keys and claims that the test sets by POST /control. Run with the address of the service as its argument.
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';

const service = process.argv[1];
const state = {
  now: Date.parse('2026-03-02T09:00:00Z'),
  sub: 'inspecteur-1',
  claims: {},
  deny: false,
  alg: 'RS256',
  keysAsked: 0,
};

// The test's clock is that of everybody.
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...parts) {
    if (parts.length === 0) super(state.now);
    else super(...parts);
  }

  static now() {
    return state.now;
  }
};

const { default: Provider } = await import('oidc-provider');

let generation = 0;
function newKeys() {
  generation += 1;
  const pairs = {
    RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
    ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  };
  return Object.entries(pairs).map(([alg, { privateKey }]) => (
    { ...privateKey.export({ format: 'jwk' }), alg, use: 'sig', kid: `${alg}-${generation}` }));
}

let keys = newKeys();

function makeProvider(issuer) {
  const provider = new Provider(issuer, {
    clients: [{
      client_id: 'kraamzicht',
      client_secret: 'een geheim+voor/de%test',
      redirect_uris: [`${service}/sign-in/callback`],
      post_logout_redirect_uris: [`${service}/console`],
      id_token_signed_response_alg: state.alg,
    }],
    jwks: { keys },
    cookies: { keys: ['for tests only'] },
    scopes: ['openid', 'roles'],
    claims: { openid: ['sub'], roles: ['roles', 'agb_code'] },
    conformIdTokenClaims: false,
    pkce: { required: () => true, methods: ['S256'] },
    features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true } },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, ...state.claims }) }),
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    // Nobody is asked whether the service may know the claims.
    async loadExistingGrant(context) {
      const { client, session } = context.oidc;
      const grant = new context.oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope('openid roles');
      await grant.save();
      return grant;
    },
  });
  return { provider, answer: provider.callback() };
}

let current;

async function control(request, response) {
  let body = '';
  for await (const piece of request) body += piece;
  const { rotate = false, ...change } = JSON.parse(body || '{}');
  Object.assign(state, change);
  if (rotate) keys = newKeys();
  if (rotate || change.alg) current = makeProvider(current.provider.issuer);
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ keysAsked: state.keysAsked }));
}

const server = createServer(async (request, response) => {
  try {
    if (request.url === '/control') return await control(request, response);
    if (request.url.startsWith('/interaction/')) {
      const result = state.deny
        ? { error: 'access_denied', error_description: 'not this one' }
        : { login: { accountId: state.sub } };
      return await current.provider.interactionFinished(request, response, result);
    }
    if (request.url === '/jwks') state.keysAsked += 1;
    return current.answer(request, response);
  } catch (error) {
    console.error(error);
    response.writeHead(500).end();
  }
});
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  current = makeProvider(issuer);
  console.log(`listening on ${issuer}`);
});
