"""The dashboard's launcher."""
