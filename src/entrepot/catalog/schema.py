"""All tables together, as migrations and tests want them."""

from entrepot.catalog import firewall_tables, tables

metadata = tables.metadata
"""Every table there is: what a module defines is known once the module is loaded, so all of them are, here."""

MODULES = (tables, firewall_tables)
