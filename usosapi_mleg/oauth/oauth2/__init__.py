"""OAuth 2.0 on Authlib's server: grants, clients, tokens, and the way from a bearer token to a caller."""
