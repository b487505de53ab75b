// swift-tools-version: 6.0
// The Swift package. `YorisoiCore` and `YorisoiCoreFFI` are generated and not here: `cargo xtask test swift` puts all of it
// together in `target/swift` and links it to the library; `cargo xtask package swift` lays out what a release carries.
import PackageDescription

// Where the library for Apple's platforms is.
enum Binary {
    // The library is linked from where cargo built it.
    case developing
    // In a release that was put together on this machine.
    case path(String)
    case url(String, checksum: String)
}

// A release has another value in this line, written by `cargo xtask package swift`.
let binary = Binary.developing

#if os(Linux)
// There is no binary target for it: the linker finds the library, by `-Xlinker -LDIRECTORY`.
let library = [Target.systemLibrary(name: "YorisoiCoreFFI")]
let linked = [LinkerSetting.linkedLibrary("yorisoi")]
#else
let library: [Target]
let linked: [LinkerSetting]
switch binary {
case .developing:
    library = [.systemLibrary(name: "YorisoiCoreFFI")]
    linked = [.linkedLibrary("yorisoi")]
case .path(let path):
    library = [.binaryTarget(name: "YorisoiCoreFFI", path: path)]
    linked = []
case .url(let url, let checksum):
    library = [.binaryTarget(name: "YorisoiCoreFFI", url: url, checksum: checksum)]
    linked = []
}
#endif

// Stand-ins for Apple's frameworks, so that what is written against these is compiled and tried on Linux as well.
let stubbed = Context.environment["YORISOI_APPLE_STUBS"] == "1"
let stubs: [String] = stubbed ? ["BackgroundTasks", "Security", "SwiftUI", "UIKit"] : []
let apple: [Target.Dependency] = stubs.map { .target(name: $0) }

var targets = library
targets += [
    .target(name: "YorisoiCore", dependencies: ["YorisoiCoreFFI"], linkerSettings: linked),
    .target(
        name: "Yorisoi", dependencies: ["YorisoiCore"] + apple, resources: [.copy("PrivacyInfo.xcprivacy")]),
    .target(name: "YorisoiTestKit", dependencies: ["Yorisoi"]),
]
// A release does without these.
if case .developing = binary {
    targets += [
        .testTarget(name: "YorisoiTests", dependencies: ["Yorisoi"] + apple),
        .testTarget(name: "YorisoiTestKitTests", dependencies: ["YorisoiTestKit"]),
    ]
    // The tasks of `cargo xtask bench ffi`, for which nobody else asks.
    if Context.environment["YORISOI_FFI_BENCH"] == "1" {
        targets += [.executableTarget(name: "FfiBench", dependencies: ["Yorisoi"], path: "Bench")]
    }
}
if stubbed {
    targets += stubs.map { .target(name: $0, path: "Stubs/\($0)") }
    // The app of docs/start-ios.md, taken from the page.
    targets += [
        .executableTarget(name: "StartIOS", dependencies: ["Yorisoi"] + apple, path: "StartIOS"),
        .testTarget(name: "StartIOSTests", dependencies: ["StartIOS", "YorisoiTestKit"] + apple),
    ]
}

let package = Package(
    name: "Yorisoi",
    platforms: [.iOS(.v15), .macOS(.v12)],
    products: [
        .library(name: "Yorisoi", targets: ["Yorisoi"]),
        .library(name: "YorisoiTestKit", targets: ["YorisoiTestKit"]),
    ],
    targets: targets,
    swiftLanguageModes: [.v6]
)
