"""What every key of a plan and of a rig file means, for pages, the command line and the window."""

from seccm.keys.finding import find, names, told
from seccm.keys.rig_files import rig_schemas, rig_tables
from seccm.keys.schema_text import plan_schema

__all__ = ["find", "names", "plan_schema", "rig_schemas", "rig_tables", "told"]
