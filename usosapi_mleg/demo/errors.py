"""What can keep the demo from running."""


class DemoError(Exception):
    """The demo, or a part of it, cannot run; the text is one sentence for the person at the terminal."""
