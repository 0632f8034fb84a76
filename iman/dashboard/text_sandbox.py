"""What the sandbox's fault panel says; the faults themselves have the sandbox's own words."""

from __future__ import annotations

TITLE = "What does the sandbox’s Sage 300 do wrong on purpose?"
EXPLAINED = (
    "For training and for trying things out: switch a fault on and watch how documents are held "
    "back, looked up and pushed again. Only the sandbox has this."
)
ON, OFF = "On", "Off"
SWITCH_ON, SWITCH_OFF = "Switch on", "Switch off"
NEXT = "What the next write request meets"
STRIKE = "Strike the next write request"
WAITS = "Waits for it"
TAKE_BACK = "Take back"
CLEAR = "Switch all off"
CLEARED = "All faults are off."
PANEL = "All switches, on the sandbox’s own page"


def switched(label: str, *, on: bool) -> str:
    return f"{label.rstrip('.')}: {'on' if on else 'off'}."
