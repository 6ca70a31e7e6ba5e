"""Who is calling, and who allowed it: OAuth 1.0a on Authlib's primitives, OAuth 2.0 on its server, sign-in of persons, consent."""
