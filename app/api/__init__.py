"""The REST door: translates, decides nothing; one file for each resource."""

from app.api import blocks, document, health, integrity

DOORS = (health.door, blocks.door, integrity.door, document.door)
