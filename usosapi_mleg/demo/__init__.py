"""The demonstration: one command that runs the whole service on an embedded PostgreSQL with synthetic students."""
