"""The whole directory in and out, by the million: CSV and JSON Lines. May wait; speaks SQL."""
