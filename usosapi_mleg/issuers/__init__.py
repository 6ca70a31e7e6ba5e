"""Ways to the state's system that issues the document."""
