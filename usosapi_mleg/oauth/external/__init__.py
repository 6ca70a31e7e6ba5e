"""Sign-in at another system: OpenID Connect and CAS, and who the persons from there are here."""
