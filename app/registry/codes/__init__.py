"""Code lists and check digits, kept here so that no library update can change a replay."""
