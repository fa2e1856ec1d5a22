"""What a person must know now: raised once, told once to whoever is on duty, and told once when it is over."""

from intake.alarms.board import AlarmBoard
from intake.alarms.ways import AlarmsTable, Way, ways_of

__all__ = ["AlarmBoard", "AlarmsTable", "Way", "ways_of"]
