"""What a person sets: flags beat environment beats the library's pinplan.toml beats the user's config.toml beats defaults.

Every problem in every source is collected and told at once, each with its file, its key and, for a name that does not
exist, the nearest one that does.
"""

from pinplan.config.judge import template_problem
from pinplan.config.load import CONFIG_NAME, Config, load_config
from pinplan.config.tables import Settings
from pinplan.config.use import default_config_text, policies_of, scopes_from, token_from

__all__ = [
    "CONFIG_NAME",
    "Config",
    "Settings",
    "default_config_text",
    "load_config",
    "policies_of",
    "scopes_from",
    "template_problem",
    "token_from",
]
