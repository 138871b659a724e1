"""The bundled real data, New Zealand in April 2024, and what is read from it."""
