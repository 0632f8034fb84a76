"""Tables as files: CSV, Excel and Parquet, with the filter they were taken with."""

from iman.exporting.files import About, Format, pieces, title

__all__ = ["About", "Format", "pieces", "title"]
