"""Everybody who does something in a story; each module ends with its table of verbs."""

from tests.adversary.actors import asks, choices, hands, images, machine, moments, people, slips, upkeep, weather
from tests.adversary.actors.table import Verb

ACTORS = (hands, upkeep, people, weather, images, machine, slips, asks, choices, moments)
VERBS: dict[str, Verb] = {verb.name: verb for actor in ACTORS for verb in actor.VERBS}
assert len(VERBS) == sum(len(actor.VERBS) for actor in ACTORS), "two verbs have the same name"

__all__ = ["ACTORS", "VERBS", "Verb"]
