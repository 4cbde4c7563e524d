"""``pinplan review``: the page of a plan, served on this computer to one person, who decides."""
