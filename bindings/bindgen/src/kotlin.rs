//! The generator of Kotlin, from the same release of uniffi as the library.

fn main() {
    uniffi::uniffi_bindgen_main();
}
