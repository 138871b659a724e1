"""The bundled real data and its journey through a registry of its own."""
