"""Signing in: the person's consent, where tokens are kept, and how they are renewed."""
