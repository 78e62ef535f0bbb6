import Testing

/// Everything against a real server: one test after the other, since they load the machine and some measure deadlines.
@Suite(.serialized) enum ServerTests {}
