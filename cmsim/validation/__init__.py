"""How far the model can be trusted: claims, virtual trials and calibration."""
