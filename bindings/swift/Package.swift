// swift-tools-version: 6.0
// The generated Swift, compiled and tried against the real library. The two generated targets are not here:
// `cargo xtask test swift` puts this package together in `target/swift` and links it to the library.
import PackageDescription

let package = Package(
    name: "YorisoiCore",
    platforms: [.iOS(.v15), .macOS(.v12)],
    products: [.library(name: "YorisoiCore", targets: ["YorisoiCore"])],
    targets: [
        .systemLibrary(name: "YorisoiCoreFFI"),
        .target(
            name: "YorisoiCore",
            dependencies: ["YorisoiCoreFFI"],
            linkerSettings: [.linkedLibrary("yorisoi")]
        ),
        .testTarget(name: "YorisoiCoreTests", dependencies: ["YorisoiCore"]),
    ],
    swiftLanguageModes: [.v6]
)
