#!/bin/sh
# Compiles the library for Apple's platforms, puts it into the XCFramework that `cargo xtask package swift` laid out, packs
# that, and prints the checksum for Package.swift. On a Mac with Xcode, from anywhere: sh bindings/swift/fill-xcframework.sh
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
package=$target/package/swift
framework=YorisoiCoreFFI.xcframework
[ -f "$package/$framework/Info.plist" ] || { echo "first: cargo xtask package swift" >&2; exit 1; }
# The oldest systems that Package.swift names.
export IPHONEOS_DEPLOYMENT_TARGET=15.0 MACOSX_DEPLOYMENT_TARGET=12.0
cd "$root"

# slice NAME TARGET...: one library for all of these machines.
slice() {
    library=$package/$framework/$1/libyorisoi.a
    shift
    # Each name is taken from the front of the list, its file added at the end.
    left=$#
    while [ "$left" -gt 0 ]; do
        rustup target add "$1"
        cargo rustc --release -p yorisoi-bindings --lib --crate-type staticlib --target "$1"
        set -- "$@" "$target/$1/release/libyorisoi.a"
        shift
        left=$((left - 1))
    done
    lipo -create "$@" -output "$library"
    # What is for debuggers alone is most of it.
    strip -S "$library"
}

slice ios-arm64 aarch64-apple-ios
slice ios-arm64_x86_64-simulator aarch64-apple-ios-sim x86_64-apple-ios
slice macos-arm64_x86_64 aarch64-apple-darwin x86_64-apple-darwin
cd "$package"
rm -f "$framework.zip"
zip -q -r -X "$framework.zip" "$framework"
swift package compute-checksum "$framework.zip"
