"""The read model: a question in, a DataFrame out."""

from iman.reading.either import open_reading

__all__ = ["open_reading"]
