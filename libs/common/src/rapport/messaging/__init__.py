"""Messaging with exactly-once effect: events leave through an outbox, positions move in the transaction of the effects.

What always holds:
- an event is published by the commit of the change that it tells of, or not at all (`outbox`);
- it reaches its topic at least once, and the events of one key in the order of their commits (`relay`);
- whatever a batch of messages causes commits together with the position behind that batch (`consumer`, `batch`), so
  neither a crash nor a consumer that lost its partitions without noticing makes an effect happen twice or never;
- a message that cannot be processed is set aside with its reason, and the rest goes on (`dlq`).

Duplicates of one event (a relay that died between send and delete) are told apart by the natural keys of the handlers.
"""
