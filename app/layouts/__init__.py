"""Layouts of meter files that others publish: declared as values, read exactly or refused."""
