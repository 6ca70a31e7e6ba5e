// An app that uses oauth4webapi: discovery, PKCE, an API call, refresh, introspection, revocation.
//
// It prints the address to send the person to, reads the address that the person came back to from its standard input, and prints what
// it saw as JSON.

import * as readline from 'node:readline/promises'
import * as oauth from 'oauth4webapi'

const [issuerText, clientId, clientSecret, redirectUri, scope] = process.argv.slice(2)
const insecure = { [oauth.allowInsecureRequests]: true }
const issuer = new URL(issuerText)
const client = { client_id: clientId }
const authentication = clientSecret ? oauth.ClientSecretBasic(clientSecret) : oauth.None()

const found = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure })
const server = await oauth.processDiscoveryResponse(issuer, found)

const verifier = oauth.generateRandomCodeVerifier()
const state = oauth.generateRandomState()
const address = new URL(server.authorization_endpoint)
const question = {
  client_id: clientId,
  redirect_uri: redirectUri,
  response_type: 'code',
  scope,
  state,
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
}
for (const [name, value] of Object.entries(question)) address.searchParams.set(name, value)
console.log(address.href)

const back = await readline.createInterface({ input: process.stdin }).question('')
const parameters = oauth.validateAuthResponse(server, client, new URL(back), state)
const exchanged = await oauth.authorizationCodeGrantRequest(
  server, client, authentication, parameters, redirectUri, verifier, insecure,
)
const first = await oauth.processAuthorizationCodeResponse(server, client, exchanged)

async function call(token) {
  const method = new URL('services/users/user', `${issuer.href.replace(/\/$/, '')}/`)
  try {
    const answer = await oauth.protectedResourceRequest(token, 'GET', method, undefined, undefined, insecure)
    return [answer.status, (await answer.json()).first_name]
  } catch (error) {
    return [error.status, error.cause?.[0]?.parameters?.error]
  }
}

const before = await call(first.access_token)
const refreshed = await oauth.refreshTokenGrantRequest(server, client, authentication, first.refresh_token, insecure)
const second = await oauth.processRefreshTokenResponse(server, client, refreshed)
const after = await call(second.access_token)
const about = clientSecret
  ? await oauth.processIntrospectionResponse(
      server, client, await oauth.introspectionRequest(server, client, authentication, second.access_token, insecure),
    )
  : null
await oauth.processRevocationResponse(
  await oauth.revocationRequest(server, client, authentication, second.refresh_token, insecure),
)
const revoked = await call(second.access_token)
console.log(JSON.stringify({ before, after, revoked, active: about?.active ?? null, scope: second.scope }))
