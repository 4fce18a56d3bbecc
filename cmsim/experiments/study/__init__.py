"""Studies: many scenarios, draws and replications, run on any engine, never twice, merged to tidy tables."""
