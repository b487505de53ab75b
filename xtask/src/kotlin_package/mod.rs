//! What a release for Kotlin carries, in `target/package/kotlin`: a Maven repository with the library for JVMs, the test kit and
//! the AAR, the Android layer as a Gradle module, licences, and a page that says which is which.
//!
//! A small project that knows nothing but this repository is compiled against it and runs. An AAR can be put together here,
//! what Android's linker made comes from elsewhere: see [`archive`].

mod archive;
mod pom;

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::kotlin;
use crate::linked;
use crate::program::Program;
use crate::shipped;
use crate::workspace::Workspace;

use self::pom::Versions;

const MODULES: &str = "core,testkit,android-deps,android";

/// Where things are, and what is laid out.
struct Package<'a> {
    workspace: &'a Workspace,
    versions: Versions,
    out: PathBuf,
}

/// Lays out a release with the library as it ships. `jni` is a folder with the library for each ABI of Android.
pub(crate) fn lay_out(workspace: &Workspace, jni: Option<&Path>) -> Result<(), Failure> {
    let library = shipped::library(workspace)?;
    let natives = workspace.target.join("kotlin/natives-shipped");
    kotlin::put_native_library(&library, &natives)?;
    let maven = kotlin::maven(workspace)?.args([format!("-Dyorisoi.natives={}", natives.display())]);
    let package = Package::with(workspace, maven, &format!("{MODULES},docs"), jni)?;
    println!("wrote {}", package.out.display());
    Ok(())
}

/// The same with the library of the tests, which is built already.
pub(crate) fn check(workspace: &Workspace) -> Result<(), Failure> {
    Package::with(workspace, kotlin::maven(workspace)?, MODULES, None).map(drop)
}

impl<'a> Package<'a> {
    fn with(
        workspace: &'a Workspace,
        maven: Program,
        modules: &str,
        jni: Option<&Path>,
    ) -> Result<Self, Failure> {
        maven
            .args(["package", "--activate-profiles", "android", "--projects", modules, "--also-make"])
            .args(["-Dmaven.test.skip=true"])
            .run()?;
        let out = workspace.target.join("package/kotlin");
        if out.exists() {
            fs::remove_dir_all(&out).map_err(Failure::file(&out))?;
        }
        let package = Self { workspace, versions: Versions::read(&workspace.root)?, out };
        package.put_jars()?;
        package.put_archive(jni)?;
        package.put_gradle_module(jni)?;
        for (from, to) in [("bindings/kotlin/PACKAGE.md", "README.md"), ("LICENSE", "LICENSE")] {
            copy(&workspace.root.join(from), &package.out.join(to))?;
        }
        linked::put_into(workspace, &package.out)?;
        package.try_as_a_stranger()?;
        Ok(package)
    }

    /// The jars of a JVM, with their sources and what Dokka made of them.
    fn put_jars(&self) -> Result<(), Failure> {
        for (module, artifact) in [("core", "yorisoi-core"), ("testkit", "yorisoi-testkit")] {
            let jar = self.file_name(artifact, "", "jar");
            copy(&self.built(artifact).join(&jar), &self.place(artifact)?.join(&jar))?;
            self.put_sources(artifact, &self.sources(module))?;
            self.put_pom(artifact)?;
        }
        let pages = self.built("yorisoi-docs").join("dokka");
        if pages.exists() {
            self.pack("yorisoi-core", "-javadoc", &[pages])?;
        }
        Ok(())
    }

    fn put_archive(&self, jni: Option<&Path>) -> Result<(), Failure> {
        let artifact = "yorisoi-android";
        let folder = self.workspace.target.join("package/aar");
        archive::put_together(self, &folder, jni)?;
        let classifier = if jni.is_some() { "" } else { "-without-natives" };
        let aar = self.place(artifact)?.join(self.file_name(artifact, classifier, "aar"));
        jar(&folder, &["--create", "--no-manifest", "--file"], &aar)?;
        archive::check(&aar, jni.is_some())?;
        self.put_sources(artifact, &[self.sources("core"), self.sources("android")].concat())?;
        self.put_pom(artifact)
    }

    /// The same sources where Gradle looks for them.
    fn put_gradle_module(&self, jni: Option<&Path>) -> Result<(), Failure> {
        let (from, to) =
            (self.workspace.root.join("bindings/kotlin/android"), self.out.join("gradle/yorisoi-android"));
        for file in ["build.gradle.kts", "consumer-rules.pro", "src/main/AndroidManifest.xml"] {
            copy(&from.join(file), &to.join(file))?;
        }
        copy_tree(&from.join("src/main/res"), &to.join("src/main/res"))?;
        for folder in [self.sources("core"), self.sources("android")].concat() {
            copy_tree(&folder, &to.join("src/main/kotlin"))?;
        }
        jni.map_or(Ok(()), |jni| archive::put_natives(jni, &to.join("src/main/jniLibs")))
    }

    /// Compiles and runs a project that has nothing but what was laid out.
    fn try_as_a_stranger(&self) -> Result<(), Failure> {
        let project = self.workspace.root.join("bindings/kotlin/consumer");
        Program::new("mvn", &project)
            // Maven keeps what it once took from a repository. This is another of the same version.
            .args(["org.apache.maven.plugins:maven-dependency-plugin:3.8.1:purge-local-repository"])
            .args(["-DmanualInclude=jp.yorisoi:yorisoi-core", "-DreResolve=false", "package"])
            .args([format!("-Dyorisoi.package={}", self.out.display())])
            .args([format!("-Dyorisoi.target={}", self.workspace.target.display())])
            .run()
    }

    fn put_pom(&self, artifact: &str) -> Result<(), Failure> {
        let text = pom::text(artifact, &self.versions)?;
        let path = self.place(artifact)?.join(self.file_name(artifact, "", "pom"));
        fs::write(&path, text).map_err(Failure::file(&path))
    }

    fn put_sources(&self, artifact: &str, folders: &[PathBuf]) -> Result<(), Failure> {
        self.pack(artifact, "-sources", folders)
    }

    fn pack(&self, artifact: &str, classifier: &str, folders: &[PathBuf]) -> Result<(), Failure> {
        let packed = self.place(artifact)?.join(self.file_name(artifact, classifier, "jar"));
        let mut mode = "--create";
        for folder in folders {
            jar(folder, &[mode, "--file"], &packed)?;
            mode = "--update";
        }
        Ok(())
    }

    /// The folders of a module's sources: what is generated belongs to the core.
    fn sources(&self, module: &str) -> Vec<PathBuf> {
        let by_hand = self.workspace.root.join("bindings/kotlin").join(module).join("src/main/kotlin");
        let generated = (module == "core").then(|| self.workspace.target.join("bindings/kotlin"));
        generated.into_iter().chain([by_hand]).collect()
    }

    /// Where Maven built an artifact.
    fn built(&self, artifact: &str) -> PathBuf {
        self.workspace.target.join("kotlin").join(artifact)
    }

    fn file_name(&self, artifact: &str, classifier: &str, ending: &str) -> String {
        format!("{artifact}-{}{classifier}.{ending}", self.versions.own)
    }

    /// Where a Maven repository has an artifact.
    fn place(&self, artifact: &str) -> Result<PathBuf, Failure> {
        let place = self.out.join("maven/jp/yorisoi").join(artifact).join(&self.versions.own);
        fs::create_dir_all(&place).map_err(Failure::file(&place))?;
        Ok(place)
    }
}

/// Packs what is in a folder, by the tool of the JDK.
fn jar(folder: &Path, mode: &[&str], file: &Path) -> Result<(), Failure> {
    Program::new("jar", folder).args(mode).args([file]).args(["."]).run()
}

fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(Failure::file(folder))?;
    }
    fs::copy(from, to).map(drop).map_err(Failure::file(from))
}

fn copy_tree(from: &Path, to: &Path) -> Result<(), Failure> {
    for entry in fs::read_dir(from).map_err(Failure::file(from))? {
        let path = entry.map_err(Failure::file(from))?.path();
        let place = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() { copy_tree(&path, &place)? } else { copy(&path, &place)? }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_copied_into_what_is_there() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        for (file, text) in [("a/x/1", "one"), ("b/x/2", "two")] {
            fs::create_dir_all(at(file).parent().unwrap()).unwrap();
            fs::write(at(file), text).unwrap();
        }
        copy_tree(&at("a"), &at("to")).unwrap();
        copy_tree(&at("b"), &at("to")).unwrap();
        assert_eq!(fs::read_to_string(at("to/x/1")).unwrap(), "one");
        assert_eq!(fs::read_to_string(at("to/x/2")).unwrap(), "two");
        assert!(copy_tree(&at("missing"), &at("to")).is_err());
    }
}
