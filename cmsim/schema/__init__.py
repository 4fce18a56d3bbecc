"""What is recorded and what state there is: codes, tables and state variables; imports core only."""
