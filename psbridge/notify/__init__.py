"""Notifications of how a backup ended: pings to Healthchecks, messages by Apprise. What they say is of `stamp_status` alone."""
