"""Who does it: the responsibility matrix 人、事、岗、责, the choice of the crew, and escalation when time runs out."""
