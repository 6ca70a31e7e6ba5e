// A real OpenID provider with one client, the service under test. Arguments: its port, the address of the service.
// Whoever signs in as "subject~name", with any password, is the subject of that whole text and has that user name.
import { Provider } from 'oidc-provider';

const [port, service] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;

const provider = new Provider(issuer, {
  clients: [{
    client_id: 'mleg: test',
    client_secret: 'secret of the service: 100% + odd/characters',
    redirect_uris: [`${service}sign-in/oidc/callback`],
    post_logout_redirect_uris: [`${service}sign-in/oidc/signed-out`],
    backchannel_logout_uri: `${service}sign-in/oidc/logout`,
    backchannel_logout_session_required: true,
  }],
  claims: { openid: ['sub', 'sid'], profile: ['preferred_username', 'realm_access'] },
  cookies: { keys: ['only for tests'] },
  features: {
    devInteractions: { enabled: true },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: { enabled: true },
  },
  // Left to itself it never calls addresses of the machine that it runs on.
  fetch: (url, { dispatcher, ...options }) => fetch(url, options),
  pkce: { required: () => true },
  async findAccount(_context, id) {
    const [subject, name] = id.split('~');
    const roles = subject.startsWith('boss') ? ['default', 'mleg-admin'] : ['default'];
    return { accountId: id, claims: () => ({ sub: id, preferred_username: name, realm_access: { roles } }) };
  },
});

provider.on('backchannel.error', (_context, error) => console.log('back-channel logout failed:', error.message, error.cause));
provider.listen(Number(port), '127.0.0.1');
