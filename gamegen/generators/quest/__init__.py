"""The quest kind: a state machine of stages, objectives and outcomes, planned after Doran and Parberry (2011)."""
