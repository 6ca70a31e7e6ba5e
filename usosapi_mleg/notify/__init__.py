"""Ways to tell apps and people what happened."""
