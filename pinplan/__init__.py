"""pinplan: Terraform for Pinterest boards."""

__version__ = "0.1.0"
