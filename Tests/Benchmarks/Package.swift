// swift-tools-version: 6.2
import PackageDescription

/// The benchmark's own programs, a package of their own, so that they neither need nor change the daemon's.
let package = Package(
    name: "Benchmarks",
    targets: [
        // C that Glibc's module lacks.
        .target(name: "CLinux"),
        .executableTarget(
            name: "brain-load",
            dependencies: ["CLinux"],
            swiftSettings: [
                .treatAllWarnings(as: .error),
                .unsafeFlags(["-Ounchecked"], .when(configuration: .release)),
            ]),
    ],
    swiftLanguageModes: [.v6]
)
