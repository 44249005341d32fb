"""The model against history: observed figures, patterns, calibration and backcast."""
