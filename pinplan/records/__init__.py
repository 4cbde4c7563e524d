"""The files that pinplan owns: plan, state, journal."""
