import Testing

@testable import Maintenance
