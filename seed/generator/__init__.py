"""The parts of the scenario's generator; `seed/generate.py` runs them in order."""
