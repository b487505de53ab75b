// swift-tools-version: 6.0
// The Swift package. `YorisoiCore` and `YorisoiCoreFFI` are generated and not here: `cargo xtask test swift` puts all of it
// together in `target/swift` and links it to the library; `cargo xtask package swift` lays out what a release carries.
import PackageDescription

// Stand-ins for Apple's frameworks, so that what is written against these is compiled and tried on Linux as well.
let stubbed = Context.environment["YORISOI_APPLE_STUBS"] == "1"
let stubs = stubbed ? ["BackgroundTasks", "Security", "SwiftUI", "UIKit"] : []
let apple = stubs.map { Target.Dependency.target(name: $0) }

// The app of docs/start-ios.md, taken from the page.
let start: [Target] =
    stubbed
    ? [
        .executableTarget(name: "StartIOS", dependencies: ["Yorisoi"] + apple, path: "StartIOS"),
        .testTarget(name: "StartIOSTests", dependencies: ["StartIOS", "YorisoiTestKit"] + apple),
    ] : []

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
        .target(name: "Yorisoi", dependencies: ["YorisoiCore"] + apple),
        .target(name: "YorisoiTestKit", dependencies: ["Yorisoi"]),
        .testTarget(name: "YorisoiTests", dependencies: ["Yorisoi"] + apple),
        .testTarget(name: "YorisoiTestKitTests", dependencies: ["YorisoiTestKit"]),
    ] + start + stubs.map { .target(name: $0, path: "Stubs/\($0)") },
    swiftLanguageModes: [.v6]
)
