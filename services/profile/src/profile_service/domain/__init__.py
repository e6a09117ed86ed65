"""What may be said of a customer, and what the document says afterwards. Pure: no database, no clock."""
