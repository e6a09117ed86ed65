"""The rules of campaigns, pure: what a plan may say, who is contacted and when, and what follows a contact."""
