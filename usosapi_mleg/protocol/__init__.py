"""The USOS API machinery: a method is declared once, beside the function that does the work, and everything else follows from that."""
