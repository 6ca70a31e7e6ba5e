"""What can be done: functions named by verbs; they flush and never commit."""
