// swift-tools-version: 6.2
import PackageDescription

/// The fuzzer is a package of its own, so that the daemon's needs no sanitizer. `fuzz.sh` builds and runs it.
let package = Package(
    name: "Fuzzing",
    dependencies: [.package(name: "brain-memoryd", path: "../..")],
    targets: [
        .executableTarget(
            name: "ProtocolFuzzer",
            dependencies: [.product(name: "WireProtocol", package: "brain-memoryd")],
            swiftSettings: [.unsafeFlags(["-parse-as-library"])])
    ],
    swiftLanguageModes: [.v6]
)
