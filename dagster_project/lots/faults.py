"""Strict doors: movements that make no sense are refused, with the movement_id and what is wrong with it."""

