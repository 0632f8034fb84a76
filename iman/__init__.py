"""Iman: pushes byondpro's documents into Sage 300 and leads people through the ones that falter."""

__version__ = "0.1.0"
