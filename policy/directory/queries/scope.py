"""Who acts in a transaction, and within which organisation."""

from __future__ import annotations

from typing import Final

SET_ACTOR: Final = "SELECT set_config('vdx_policy.actor', $1, true)"

FIND_SCOPE: Final = "SELECT id::text FROM organisation WHERE code = $1"

SET_SCOPE: Final = "SELECT set_config('vdx_policy.scope', $1, true)"

# From here on row security holds, until the transaction ends.
BECOME_TENANT: Final = "SET LOCAL ROLE vdx_policy_tenant"

# Whether what was set above still holds.
IS_TENANT: Final = """
SELECT current_user = 'vdx_policy_tenant' AND current_setting('vdx_policy.scope', true) = $1
"""
