import Testing

/// One after the other, since all of them load the machine and some measure time.
@Suite(.serialized) enum CacheTests {}
