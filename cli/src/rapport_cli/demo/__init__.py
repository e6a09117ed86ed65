"""The demo: a bank's month, simulated through the public interface, on the real servers and services."""
