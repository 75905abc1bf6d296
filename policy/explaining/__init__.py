"""Why a call was decided so. Pure; imports decide and below."""
