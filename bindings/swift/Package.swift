// swift-tools-version: 6.0
// The Swift package. `YorisoiCore` and `YorisoiCoreFFI` are generated and not here: `cargo xtask test swift` puts all of it
// together in `target/swift` and links it to the library; `cargo xtask package swift` lays out what a release carries.
import PackageDescription

let package = Package(
    name: "Yorisoi",
    platforms: [.iOS(.v15), .macOS(.v12)],
    products: [
        .library(name: "Yorisoi", targets: ["Yorisoi"]),
        .library(name: "YorisoiTestKit", targets: ["YorisoiTestKit"]),
    ],
    targets: [
        .systemLibrary(name: "YorisoiCoreFFI"),
        .target(name: "YorisoiCore", dependencies: ["YorisoiCoreFFI"], linkerSettings: [.linkedLibrary("yorisoi")]),
        .target(name: "Yorisoi", dependencies: ["YorisoiCore"]),
        .target(name: "YorisoiTestKit", dependencies: ["Yorisoi"]),
        .testTarget(name: "YorisoiTests", dependencies: ["Yorisoi"]),
        .testTarget(name: "YorisoiTestKitTests", dependencies: ["YorisoiTestKit"]),
    ],
    swiftLanguageModes: [.v6]
)
