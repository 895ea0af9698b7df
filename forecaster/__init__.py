"""Forecasts of industrial output from official statistics as they are published."""
