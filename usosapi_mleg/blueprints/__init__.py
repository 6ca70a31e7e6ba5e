"""The doors: one file per USOS module or page; declarations and one service call each."""
