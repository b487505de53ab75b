//! How the shared library is linked.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let target = |name: &str| variable(&format!("CARGO_CFG_TARGET_{name}"));
    if target("OS") == "linux" && target("ENV") == "gnu" {
        // Thirty addresses in the room of one: a tenth of a megabyte less. Read by glibc 2.36 (Debian 12) and newer.
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,pack-relative-relocs");
    }
    if ["linux", "android"].contains(&target("OS").as_str()) && variable("PROFILE") == "release" {
        // What uniffi tells its generators, which read another build of the library: a twentieth of a megabyte.
        println!("cargo:rerun-if-changed=no-metadata.ld");
        println!("cargo:rustc-cdylib-link-arg=-T");
        println!("cargo:rustc-cdylib-link-arg={}/no-metadata.ld", variable("CARGO_MANIFEST_DIR"));
    }
    if target("OS") == "android" {
        // Phones whose pages are 16 KiB load nothing that is aligned to less. NDK r27 and older do not say so by themselves.
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,max-page-size=16384");
    }
}
