"""The side that has the rig: it carries out what is asked and tells everybody who follows."""
