"""Who is calling, and who allowed it: OAuth 1.0a on Authlib's primitives, sign-in of persons, consent."""
