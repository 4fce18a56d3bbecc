"""Event logs of a run in the formats that tools for process mining and animation read."""

from cmsim.results.process_mining.log_format import DAY_0, FORMATS, EventLog, check_format, make_event_log

__all__ = ["DAY_0", "FORMATS", "EventLog", "check_format", "make_event_log"]
