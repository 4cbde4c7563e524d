"""What a person sets: flags beat environment beats the library's pinplan.toml beats the user's config.toml beats defaults.

Every problem in every source is collected and told at once, each with its file, its key and, for a name that does not
exist, the nearest one that does.
"""

from pinplan.config.from_settings import checked_token, default_config_text, policies_of, scopes_from, token_from
from pinplan.config.load import CONFIG_NAME, Config, load_config
from pinplan.config.schema import API_URL, SANDBOX_API_URL, Api, Settings, Store
from pinplan.config.validate import template_problem

__all__ = [
    "API_URL",
    "CONFIG_NAME",
    "SANDBOX_API_URL",
    "Api",
    "Config",
    "Settings",
    "Store",
    "checked_token",
    "default_config_text",
    "load_config",
    "policies_of",
    "scopes_from",
    "template_problem",
    "token_from",
]
