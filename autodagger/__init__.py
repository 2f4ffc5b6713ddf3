"""AutoDAgger: turns scripted game experts into neural policies that play from pixels."""

__version__ = "0.1.0"
