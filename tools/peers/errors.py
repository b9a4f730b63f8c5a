"""How a peer fails."""


class PeerError(Exception):
    """A peer that is missing, fails, or answers wrongly."""


class Unsupported(PeerError):
    """A peer says that it does not have this case: said, and passed over."""
