"""Policy: dated acts of senders and what they make of sanctions, isolation, offers and enforcement."""
