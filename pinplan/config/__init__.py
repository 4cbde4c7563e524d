"""Configuration. Precedence: flags, environment, the library's pinplan.toml, the user's config.toml, defaults.

All problems of all sources are reported at once, each with file, line and key and, for an unknown name, the nearest known
one.
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
