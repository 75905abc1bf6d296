"""The importer of tables of VDX."""
