"""How right a recogniser is: figures, calibration, and the measurement of a checkpoint on recordings."""
