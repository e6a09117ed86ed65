"""The replay: a contact log of some CRM goes through the whole system, as if its contacts were asked for today.

A small mapping file says what the log's columns mean. Customers, offer, policy and plan come in through the public
interface; each contact of the log is requested on `campaign.requests`, and what came of it is reported on
`channel.events`. What the system made of it is counted from what it says itself, on `touchpoint.contacts`.
"""
