// The Android library as a Gradle module, for an app that would rather build it than take the AAR: lay out the package with
// `cargo xtask package kotlin`, copy its folder `gradle/yorisoi-android` into the app, and
// `include(":yorisoi-android")` in its settings.gradle.kts.
//
// Not executed where Yorisoi's own checks run: Gradle and Google's plugins are not to be had there. What is checked there: the
// very same sources compile and are tested with Maven, the rules for R8 with R8 itself.
plugins {
    id("com.android.library")
    id("org.jetbrains.kotlin.android")
}

android {
    namespace = "jp.yorisoi.core.android"
    compileSdk = 35

    defaultConfig {
        minSdk = 26
        consumerProguardFiles("consumer-rules.pro")
        ndk {
            abiFilters += listOf("arm64-v8a", "armeabi-v7a", "x86_64")
        }
    }
}

kotlin {
    jvmToolchain(17)
}

dependencies {
    api("org.jetbrains.kotlinx:kotlinx-coroutines-android:1.11.0")
    // JNA for Android brings its own native half, as an AAR.
    api("net.java.dev.jna:jna:5.19.1@aar")
    api("androidx.work:work-runtime:2.10.0")
}
