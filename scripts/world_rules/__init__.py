"""The rules by which the committed worlds are made from the raw series (see ``scripts/build_worlds.py``)."""
