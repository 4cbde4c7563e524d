"""Perform a plan, exactly."""
