"""The providers behind the sending channels, as one process: an HTTP SMS provider and an SMTP server with receipts.

    python -m rapport.testing.simulators --sms-port 0 --smtp-port 0 --control-port 0 --clock stepped:… --seed 7 \
        --touchpoint-url http://127.0.0.1:8103 --token …

What always holds:
- the fate of a message (refused for now, invalid number, lost on the way, how long it took) follows from the seed, the
  channel and the reference alone (`fate`), so a run with the same seed ends the same;
- a receipt is posted to the touchpoint service when the shared clock has passed its instant, and again until it is
  answered: receipts survive an outage of the receiver (`receipts`);
- names, numbers and texts are kept in memory only, to be looked at through the control port (`control`).
"""
