"""The virtual rig: stage, surface, meniscus, cell and electronics, behind the same face as a real one."""
