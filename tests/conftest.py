"""What all tests rest on."""

import signal

# Whoever runs the tests may ignore these signals (nohup, a script's job in the background), and so would the programs
# that tests start and stop.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)
