"""How it is recorded: bytes, tree, notes and tiles that unrelated tools can verify."""
