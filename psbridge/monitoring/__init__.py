"""What monitoring systems read: the answer of a Nagios plugin, metrics for Prometheus, alert rules and a dashboard.

Everything here is made from one document, `stamp_status`; nothing here asks a stamp or reads a clock.
"""
