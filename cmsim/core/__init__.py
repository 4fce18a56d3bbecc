"""What everything rests on: time, scheduler, random streams, parameters and references; imports no other package."""
