"""The gate's rules: pure, no clock, no I/O. Times are whole microseconds since the epoch, UTC."""
