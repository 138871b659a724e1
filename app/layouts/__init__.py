"""Meter files as they are: layouts say as values how exports read, and one reader reads all."""
