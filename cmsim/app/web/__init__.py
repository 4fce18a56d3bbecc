"""The teaching app: a browser page over live sessions; listens on this machine only unless told otherwise."""
