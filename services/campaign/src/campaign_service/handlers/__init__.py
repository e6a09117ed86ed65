"""What the campaign service does: plans and their approval, execution, and what follows from outcomes."""
